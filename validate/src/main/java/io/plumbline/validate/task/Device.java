package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/// Where to compute.
public enum Device {
    /// The fastest that works here.
    AUTO,
    CUDA,
    CPU,
    REFERENCE;

    /// The value of `--device`.
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
