package io.plumbline.layer;

import java.util.List;

/// The shape rule of layers with two operands: equal widths, or one of them a single number; the result is per example if one operand is.
final class Broadcast {
    private Broadcast() {}

    static Operand output(Layer layer, List<Operand> inputs) {
        if (inputs.size() != 2) {
            throw layer.unfit("two operands", inputs);
        }
        Operand a = inputs.get(0);
        Operand b = inputs.get(1);
        Operand wide = a.width() > b.width() || a.width() == b.width() && (a.batched() || !b.batched()) ? a : b;
        Operand other = wide == a ? b : a;
        if (wide.width() != other.width() && other.width() != 1) {
            throw layer.unfit("two operands of the same width, or one of width 1", inputs);
        }
        return new Operand(wide.shape(), a.batched() || b.batched());
    }

    /// Whether tangents along several directions go through at once: those of a shared operand have no rows for the examples of the other one.
    static boolean takesDirections(Application at) {
        return at.operands().get(0).batched() == at.operands().get(1).batched();
    }
}
