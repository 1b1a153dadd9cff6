package io.plumbline.network;

import io.plumbline.layer.Shape;

/// A named array of a network.
///
/// @param name      unique among the network's parameters
/// @param shape     its extents; θ holds it flattened row-major
/// @param trainable whether it is part of θ; a frozen one (a random feature) is not
/// @param offset    index of its first entry in θ if trainable, in the frozen values otherwise
public record Parameter(String name, Shape shape, boolean trainable, long offset) {
    /// Number of entries.
    public int count() {
        return shape.size();
    }
}
