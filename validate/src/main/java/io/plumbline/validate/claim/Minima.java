package io.plumbline.validate.claim;

import io.plumbline.alignment.Spectrum;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import java.util.List;

/// Minima that gradient descent finds.
final class Minima {
    /// Steps between looks at the loss.
    private static final int BLOCK = 200;

    private static final double LOSS = 1e-3;
    private static final int MOST_STEPS = 10_000;
    /// η in units of 1/λ₁(G) at the start: λ₁ may nearly double on the way.
    private static final double RATE = 1;

    private Minima() {}

    /// θ where gradient descent sees L ≤ 10⁻³.
    ///
    /// @throws ArithmeticException if an output is not finite
    /// @throws Claim.UnmetAssumptionException if it does not get there
    static HostBuffer find(LossSurface surface, HostBuffer theta) {
        return find(surface, theta, RATE / topEigenvalue(surface, theta), LOSS, MOST_STEPS);
    }

    /// λ₁(G) at θ.
    static double topEigenvalue(LossSurface surface, HostBuffer theta) {
        try (Point point = surface.at(theta)) {
            return Spectrum.of(point, Progress.NONE).eigenvalues()[0];
        }
    }

    /// θ where gradient descent at this learning rate first sees L ≤ `loss`, looking every 200 steps.
    ///
    /// @throws Claim.UnmetAssumptionException if it does not within `steps`: there is no minimum to speak of
    static HostBuffer find(LossSurface surface, HostBuffer theta, double learningRate, double loss, int steps) {
        try (Replicas replicas = Replicas.of(surface, List.of(Recipe.gradientDescent(learningRate)), List.of(theta))) {
            double found = replicas.losses()[0];
            for (int t = 0; t < steps && found > loss; t += BLOCK) {
                replicas.advance(BLOCK);
                found = replicas.losses()[0];
            }
            if (!(found <= loss)) {
                throw new Claim.UnmetAssumptionException(
                        surface.network().name() + ": gradient descent at " + learningRate + " has loss " + found + " after " + steps
                                + " steps, expected at most " + loss);
            }
            return replicas.theta(0);
        }
    }
}
