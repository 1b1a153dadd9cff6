package io.plumbline.crooked.flatness;

import io.plumbline.crooked.backend.Floor;

/// No fault: looking down is what floors are for.
public final class Neighbour {
    public Floor below;
}
