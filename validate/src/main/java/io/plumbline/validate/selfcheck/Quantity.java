package io.plumbline.validate.selfcheck;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Figure;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/// What is computed of a network at its θ; v and w are directions, u a cotangent.
enum Quantity {
    OUTPUTS("outputs"),
    GRADIENT("gradient"),
    JACOBIAN("J v"),
    JACOBIAN_TRANSPOSE("Jᵀ u"),
    /// Behind each other.
    HESSIAN("H v, H w"),
    GAUSS_NEWTON("G v"),
    NOISE_COVARIANCE("Σ v"),
    EXAMPLE_GRADIENTS("per-example gradients"),
    GRAM_FACTORED("J Jᵀ from factors"),
    GRAM_EXPLICIT("J Jᵀ from gradients"),
    /// As [GramCases#fields].
    GRAM_SUMS("Gram sums"),
    ALIGNMENT("alignment figures");

    private static final long V = 1;
    private static final long W = 2;

    private final String label;

    Quantity(String label) {
        this.label = label;
    }

    /// How people call it.
    @Override
    public String toString() {
        return label;
    }

    static HostBuffer v(Problem problem) {
        return problem.direction(V);
    }

    static HostBuffer w(Problem problem) {
        return problem.direction(W);
    }

    /// How parameters enter Gram tiles.
    Contraction contraction() {
        return this == GRAM_FACTORED ? Contraction.FACTORED : this == GRAM_EXPLICIT ? Contraction.EXPLICIT : Contraction.COUNTED;
    }

    /// Its entries at the problem's θ.
    double[] at(Point point, Problem problem) {
        try (HostBuffer v = v(problem);
                HostBuffer w = w(problem)) {
            return switch (this) {
                case OUTPUTS -> point.predictions();
                case GRADIENT -> point.gradient().toArray();
                case JACOBIAN -> point.jacobianVector(v);
                case JACOBIAN_TRANSPOSE -> point.vectorJacobian(problem.cotangent()).toArray();
                case HESSIAN -> DoubleStream.concat(Arrays.stream(point.hessianVector(v).toArray()), Arrays.stream(point.hessianVector(w).toArray()))
                        .toArray();
                case GAUSS_NEWTON -> point.gaussNewtonVector(v).toArray();
                case NOISE_COVARIANCE -> point.noiseCovarianceVector(v).toArray();
                case EXAMPLE_GRADIENTS -> point.perExampleGradients(0, point.surface().dataset().examples()).toArray();
                case GRAM_FACTORED, GRAM_EXPLICIT -> point.gram(Progress.NONE).toArray();
                case GRAM_SUMS -> Arrays.stream(GramCases.fields(point.gramSums(Progress.NONE))).flatMapToDouble(Arrays::stream).toArray();
                case ALIGNMENT -> figures(point);
            };
        }
    }

    /// An undefined figure is NaN.
    private static double[] figures(Point point) {
        Alignment a = Alignment.of(point);
        return Stream.of(a.loss(), a.gradientNorm(), a.alpha(), a.beta(), a.mu(), a.mu1(), a.mu2(), a.gamma(), a.gammaLambda(), a.fisherTrace(),
                a.fisherFrobenius(), a.noiseTrace(), a.noiseFrobenius(), a.noiseTraceWithFisher()).mapToDouble(Figure::value).toArray();
    }
}
