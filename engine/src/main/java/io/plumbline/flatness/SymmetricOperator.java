package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;

/// A symmetric p × p matrix that is known by its products only. Vectors are rows, of the backend's precision.
public interface SymmetricOperator {
    /// p.
    int size();

    /// Where vectors live.
    Backend backend();

    /// Each row of y = A times the same row of x. x, y (m, p), apart from each other.
    void apply(Tensor x, Tensor y);
}
