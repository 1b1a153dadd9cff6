package io.plumbline.data;

/// The uniform law on the sphere of radius r about 0 in R^d: x = r·z/‖z‖ with z standard normal. E xxᵀ = (r²/d) I.
///
/// @param radius r
public record SphereLaw(int dimension, double radius) implements InputLaw {
    /// @throws IllegalArgumentException if d is below 1, or r not positive and finite
    public SphereLaw {
        if (dimension < 1) {
            throw new IllegalArgumentException("sphere: dimension is " + dimension + ", expected at least 1");
        }
        if (!(radius > 0 && radius < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("sphere: radius is " + radius + ", expected a positive finite number");
        }
    }

    @Override
    public void transform(double[] normals) {
        double squaredNorm = 0;
        for (int j = 0; j < dimension; j++) {
            squaredNorm += normals[j] * normals[j];
        }
        double scale = radius / StrictMath.sqrt(squaredNorm);
        for (int j = 0; j < dimension; j++) {
            normals[j] *= scale;
        }
    }
}
