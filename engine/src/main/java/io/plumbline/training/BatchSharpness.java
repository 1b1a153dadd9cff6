package io.plumbline.training;

import io.plumbline.alignment.Figure;
import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import java.util.Arrays;

/// The curvature that SGD meets on its way (Andreyev & Beneventano, arXiv 2412.20553): E_B[g_BᵀH_Bg_B/‖g_B‖²] over batches B, with g_B and H_B gradient and Hessian of the batch's loss L_B.
///
/// A step −ηg_B lowers the quadratic model of the same batch's loss exactly if its quotient is below 2/η. Where the batch is all examples it is gradient descent's ∇LᵀH∇L/‖∇L‖², at most λ₁.
///
/// A gradient and a Hessian product of B examples for each batch drawn.
public final class BatchSharpness {
    /// The method of the figure.
    public static final String SAMPLED_BATCHES = "sampled-batches";

    private BatchSharpness() {}

    /// The mean over `draws` batches, those of a replica with this seed at its first steps, with its standard error. Undefined where a batch's gradient is 0.
    ///
    /// @param theta p numbers
    /// @throws IllegalArgumentException if B is no batch size of the examples, θ does not fit, or fewer than 2 batches are asked for
    /// @throws ArithmeticException if an output or a product is not finite
    public static Figure of(
            Network network, Dataset data, Backend backend, HostBuffer theta, Sampling sampling, int batchSize, int draws, long seed) {
        if (draws < 2) {
            throw new IllegalArgumentException("batch sharpness: found " + draws + " batches, expected at least 2");
        }
        var batches = new Batches(sampling, data.examples(), batchSize, seed);
        double[] quotients = new double[draws];
        for (int t = 0; t < draws; t++) {
            try (Dataset batch = rows(data, batches.at(t));
                    LossSurface surface = LossSurface.of(network, batch, backend);
                    Point point = surface.at(theta)) {
                HostBuffer gradient = point.gradient();
                double squaredNorm = dot(gradient, gradient);
                if (squaredNorm == 0) {
                    return Figure.undefined("the gradient of a batch is 0", SAMPLED_BATCHES);
                }
                quotients[t] = dot(gradient, point.hessianVector(gradient)) / squaredNorm;
            }
        }
        double mean = Arrays.stream(quotients).average().orElseThrow();
        double squares = Arrays.stream(quotients).map(quotient -> (quotient - mean) * (quotient - mean)).sum();
        return Figure.estimated(mean, Math.sqrt(squares / (draws * (draws - 1.0))), SAMPLED_BATCHES, draws);
    }

    private static Dataset rows(Dataset data, int... examples) {
        double[][] x = new double[examples.length][];
        double[][] y = new double[examples.length][];
        for (int b = 0; b < examples.length; b++) {
            x[b] = data.x().slice((long) examples[b] * data.width(), data.width()).toArray();
            y[b] = data.y().slice((long) examples[b] * data.outputs(), data.outputs()).toArray();
        }
        return Dataset.copyOf("batch of " + data.name(), x, y);
    }

    private static double dot(HostBuffer x, HostBuffer y) {
        double sum = 0;
        for (long j = 0; j < x.length(); j++) {
            sum += x.get(j) * y.get(j);
        }
        return sum;
    }
}
