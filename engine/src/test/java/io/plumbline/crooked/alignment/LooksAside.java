package io.plumbline.crooked.alignment;

import io.plumbline.crooked.flatness.Neighbour;

/// Fault: two rooms of one floor know each other.
public final class LooksAside {
    public Neighbour aside;
}
