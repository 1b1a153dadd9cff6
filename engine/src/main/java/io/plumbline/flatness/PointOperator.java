package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import java.util.function.UnaryOperator;

/// The matrices of a point as operators: H, G, Σ and Σ₁, p × p each. They borrow the point.
///
/// Their products carry the roundings of the backend's precision, some u·√(products summed) relative to ‖A‖‖v‖, and so do all figures made of them:
/// in single precision a systematic relative error of the order of 10⁻⁶ beside the reported standard errors, which do not contain it.
public final class PointOperator implements SymmetricOperator {
    private final Point point;
    private final UnaryOperator<HostBuffer> product;

    private PointOperator(Point point, UnaryOperator<HostBuffer> product) {
        this.point = point;
        this.product = product;
    }

    /// H = ∇²L.
    public static PointOperator hessian(Point point) {
        return new PointOperator(point, point::hessianVector);
    }

    /// G = (1/n) JᵀJ.
    public static PointOperator gaussNewton(Point point) {
        return new PointOperator(point, point::gaussNewtonVector);
    }

    /// Σ = Σ₁ − ∇L∇Lᵀ, the covariance of SGD's noise at batch size 1.
    public static PointOperator noiseCovariance(Point point) {
        return new PointOperator(point, point::noiseCovarianceVector);
    }

    /// Σ₁ = (1/n) Σ_i ∇L_i∇L_iᵀ: Σ₁v = (1/n) Jᵀu with u_i = r_i (r_iᵀ(Jv)_i).
    public static PointOperator gradientSecondMoment(Point point) {
        int n = point.surface().dataset().examples();
        int outputs = point.surface().network().outputs();
        double[] residuals = point.residuals();
        return new PointOperator(point, v -> {
            double[] tangents = point.jacobianVector(v);
            double[] seeds = new double[tangents.length];
            for (int i = 0; i < n; i++) {
                double slope = 0;
                for (int a = i * outputs; a < (i + 1) * outputs; a++) {
                    slope += residuals[a] * tangents[a];
                }
                for (int a = i * outputs; a < (i + 1) * outputs; a++) {
                    seeds[a] = residuals[a] * slope / n;
                }
            }
            return point.vectorJacobian(seeds);
        });
    }

    @Override
    public int size() {
        return (int) point.surface().network().parameterCount();
    }

    @Override
    public Backend backend() {
        return point.surface().backend();
    }

    @Override
    public void apply(Tensor x, Tensor y) {
        try (HostBuffer direction = HostBuffer.allocate(backend().precision(), size())) {
            for (long row = 0; row < x.rows(); row++) {
                backend().download(x.rows(row, 1), direction);
                backend().upload(product.apply(direction), y.rows(row, 1));
            }
        }
    }
}
