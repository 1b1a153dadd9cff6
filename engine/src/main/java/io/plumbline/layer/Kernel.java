package io.plumbline.layer;

import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;

/// A window to slide over images, whatever their size: what convolutions and poolings share.
///
/// @param rows    along the height
/// @param columns along the width
public record Kernel(Axis rows, Axis columns) {
    /// Along one axis, as [Span] has it before an extent is known.
    ///
    /// @param ceil whether a last position that reaches beyond the padding counts too
    public record Axis(int size, int stride, int dilation, int padBefore, int padAfter, boolean ceil) {
        /// Taps next to each other, the same padding on both sides, only whole windows.
        public Axis(int size, int stride, int padding) {
            this(size, stride, 1, padding, padding, false);
        }
    }

    /// The same along both axes: `size` taps next to each other, the same padding on all sides.
    public static Kernel square(int size, int stride, int padding) {
        var axis = new Axis(size, stride, padding);
        return new Kernel(axis, axis);
    }

    /// Over values of `shape` (C, H, W).
    ///
    /// @throws IllegalArgumentException if no window fits
    Window over(Shape shape) {
        return new Window(shape.dimension(0), shape.dimension(1), shape.dimension(2), span(rows, shape.dimension(1)),
                span(columns, shape.dimension(2)));
    }

    private static Span span(Axis axis, int extent) {
        return Span.over(extent, axis.size, axis.stride, axis.dilation, axis.padBefore, axis.padAfter, axis.ceil);
    }
}
