package io.plumbline.crooked.memory;

import io.plumbline.crooked.backend.Floor;

/// Fault: memory knows a floor above it.
public final class LooksUp {
    public Floor above;
}
