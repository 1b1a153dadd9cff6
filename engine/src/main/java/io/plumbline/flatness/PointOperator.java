package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.derivative.Point;
import java.util.function.BiConsumer;

/// The matrices of a point as operators: H, G, Σ and Σ₁, p × p each. They borrow the point.
///
/// Their products carry the roundings of the backend's precision, some u·√(products summed) relative to ‖A‖‖v‖, and so do all figures made of them:
/// in single precision a systematic relative error of the order of 10⁻⁶ beside the reported standard errors, which do not contain it.
public final class PointOperator implements SymmetricOperator {
    private final Point point;
    private final BiConsumer<Tensor, Tensor> products;

    private PointOperator(Point point, BiConsumer<Tensor, Tensor> products) {
        this.point = point;
        this.products = products;
    }

    /// H = ∇²L.
    public static PointOperator hessian(Point point) {
        return new PointOperator(point, point::hessianVectors);
    }

    /// G = (1/n) JᵀJ.
    public static PointOperator gaussNewton(Point point) {
        return new PointOperator(point, point::gaussNewtonVectors);
    }

    /// Σ = Σ₁ − ∇L∇Lᵀ, the covariance of SGD's noise at batch size 1.
    public static PointOperator noiseCovariance(Point point) {
        return new PointOperator(point, point::noiseCovarianceVectors);
    }

    /// Σ₁ = (1/n) Σ_i ∇L_i∇L_iᵀ.
    public static PointOperator gradientSecondMoment(Point point) {
        return new PointOperator(point, point::gradientSecondMomentVectors);
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
        products.accept(x, y);
    }
}
