package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Dataset;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.Arrays;

/// The eigenvectors in parameter space of G = (1/n) Σ g_ig_iᵀ, for few examples: v_a = Σ_i u_ai g_i/√(nλ_a), with u_a those of 𝒦.
///
/// @param values  λ_a > 0, descending
/// @param vectors v_a, p numbers each, of length 1
record ParameterSpectrum(double[] values, double[][] vectors) {
    /// Of the model at its initial θ; one output.
    ///
    /// @param doubles computes in double
    static ParameterSpectrum of(Network network, Dataset data, Backend backend, Backend doubles) {
        int n = data.examples();
        int p = (int) network.parameterCount();
        try (HostBuffer kernel = Features.at(network, network.initialTheta(), data, backend, doubles);
                HostBuffer gradients = HostBuffer.allocate(Precision.F64, (long) n * p);
                var workspace = new Workspace(doubles)) {
            Points.atInitial(network, data, backend, point -> gradients.copyFrom(point.perExampleGradients(0, n)));
            for (long i = 0; i < kernel.length(); i++) {
                kernel.set(i, kernel.get(i) / n);
            }
            double[] ascending = doubles.symmetricEigenvectors(kernel, n);
            // What rounding leaves of an eigenvalue 0 counts as 0.
            double least = n * Precision.F64.unitRoundoff() * ascending[n - 1];
            int rank = (int) Arrays.stream(ascending).filter(value -> value > least).count();
            double[] values = new double[rank];
            double[][] vectors = new double[rank][p];
            Tensor u = workspace.tensor(n, n);
            Tensor g = workspace.tensor(n, p);
            Tensor v = workspace.tensor(n, p);
            doubles.upload(kernel, u);
            doubles.upload(gradients, g);
            doubles.multiply(u, g, false, false, v);
            try (HostBuffer products = HostBuffer.allocate(Precision.F64, (long) n * p)) {
                doubles.download(v, products);
                for (int a = 0; a < rank; a++) {
                    int row = n - 1 - a;
                    values[a] = ascending[row];
                    double scale = 1 / Math.sqrt(n * values[a]);
                    vectors[a] = Arrays.stream(products.slice((long) row * p, p).toArray()).map(entry -> scale * entry).toArray();
                }
            }
            return new ParameterSpectrum(values, vectors);
        }
    }
}
