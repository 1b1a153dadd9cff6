package io.plumbline.validate.selfcheck;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// What is held against what.
public enum Group {
    /// Each primitive against the reference's.
    PRIMITIVES,
    /// Primitives of one device against each other.
    IDENTITIES,
    /// Outputs, derivatives, figures and descents of small networks against the reference's, and against each other.
    DERIVATIVES;

    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
