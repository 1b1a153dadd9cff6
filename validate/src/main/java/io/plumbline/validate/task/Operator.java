package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonValue;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// The linear maps at a point. Vectors have p entries like θ, or n·K with entry i·K + k for example i and output k.
public enum Operator {
    /// H·v: p to p.
    HESSIAN,
    /// G·v, G = (1/n) JᵀJ: p to p.
    GAUSS_NEWTON,
    /// Σ·v: p to p.
    NOISE_COVARIANCE,
    /// J·v: p to n·K.
    JACOBIAN,
    /// Jᵀ·u: n·K to p.
    JACOBIAN_TRANSPOSE;

    /// Reads a name.
    ///
    /// @throws IllegalArgumentException if there is no such operator
    public static Operator parse(String name) {
        for (Operator operator : values()) {
            if (operator.toString().equals(name)) {
                return operator;
            }
        }
        throw new IllegalArgumentException(
                "operator: found '" + name + "', expected one of "
                        + Arrays.stream(values()).map(Operator::toString).collect(Collectors.joining(", ")));
    }

    boolean takesExamples() {
        return this == JACOBIAN_TRANSPOSE;
    }

    boolean givesExamples() {
        return this == JACOBIAN;
    }

    HostBuffer apply(Point point, HostBuffer vector) {
        return switch (this) {
            case HESSIAN -> point.hessianVector(vector);
            case GAUSS_NEWTON -> point.gaussNewtonVector(vector);
            case NOISE_COVARIANCE -> point.noiseCovarianceVector(vector);
            case JACOBIAN -> HostBuffer.of(point.jacobianVector(vector));
            case JACOBIAN_TRANSPOSE -> point.vectorJacobian(vector.toArray());
        };
    }

    /// The name in `--operator`.
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
