package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// The exact figures of the Hessian H = ∇²L of a small network: H is assembled in double, column j being H·e_j.
///
/// Costs p Hessian products (each about four forward passes), p² doubles, and p³ for the eigenvalues. The products' roundings make the columns
/// symmetric only to the backend's precision; what is decomposed is (H + Hᵀ)/2, of which all figures are, so that they fit together:
/// Tr H = Σ λ_i, ‖H‖_F² = Σ λ_i².
///
/// @param trace       Tr H
/// @param frobenius   ‖H‖_F
/// @param eigenvalues λ, descending, p of them; H may be indefinite
public record DenseHessian(double trace, double frobenius, double[] eigenvalues) {
    /// The largest p for which H is assembled.
    public static final int LARGEST = 2000;

    /// Whether p is small enough.
    public static boolean isSmall(Point point) {
        return parameters(point) <= LARGEST;
    }

    /// Why there is no dense Hessian, where [#isSmall] is false.
    public static String whyNot(Point point) {
        return "theta has " + parameters(point) + " entries, a Hessian is assembled up to " + LARGEST;
    }

    private static long parameters(Point point) {
        return point.surface().network().parameterCount();
    }

    /// Assembles and decomposes.
    ///
    /// @throws IllegalArgumentException if [#isSmall] is false
    /// @throws ArithmeticException if an entry is not finite
    public static DenseHessian of(Point point, Progress progress) {
        if (!isSmall(point)) {
            throw new IllegalArgumentException("hessian: " + whyNot(point));
        }
        int p = (int) parameters(point);
        try (HostBuffer hessian = HostBuffer.allocate(Precision.F64, (long) p * p)) {
            assemble(point, p, hessian, progress);
            return figures(symmetric(hessian, p), p, point.surface().backend());
        }
    }

    /// Row j of `hessian` becomes H·e_j.
    private static void assemble(Point point, int p, HostBuffer hessian, Progress progress) {
        try (HostBuffer direction = HostBuffer.allocate(Precision.F64, p)) {
            direction.segment().fill((byte) 0);
            for (int j = 0; j < p; j++) {
                direction.set(j, 1);
                hessian.slice((long) j * p, p).copyFrom(point.hessianVector(direction));
                direction.set(j, 0);
                progress.at(j + 1, p);
            }
        }
    }

    private static HostBuffer symmetric(HostBuffer hessian, int p) {
        for (long i = 0; i < p; i++) {
            for (long j = 0; j < i; j++) {
                double mean = (hessian.get(i * p + j) + hessian.get(j * p + i)) / 2;
                hessian.set(i * p + j, mean);
                hessian.set(j * p + i, mean);
            }
        }
        return hessian;
    }

    private static DenseHessian figures(HostBuffer hessian, int p, Backend backend) {
        double trace = 0;
        double squaredFrobenius = 0;
        for (long i = 0; i < p; i++) {
            trace += hessian.get(i * p + i);
            for (long j = 0; j < p; j++) {
                squaredFrobenius += hessian.get(i * p + j) * hessian.get(i * p + j);
            }
        }
        double[] ascending = backend.symmetricEigenvalues(hessian, p);
        double[] descending = new double[p];
        for (int i = 0; i < p; i++) {
            descending[i] = ascending[p - 1 - i];
        }
        return new DenseHessian(trace, Math.sqrt(squaredFrobenius), descending);
    }

    /// λ_max.
    public double topEigenvalue() {
        return eigenvalues[0];
    }

    /// λ_min, negative where the loss curves down.
    public double bottomEigenvalue() {
        return eigenvalues[eigenvalues.length - 1];
    }
}
