package io.plumbline.layer;

import java.util.List;

/// The same numbers under another shape: flatten, squeeze, unsqueeze. The axis of the examples stays.
///
/// @param shape of the result, without the axis of the examples
public record Reshape(Shape shape) implements ScaledCopy {
    @Override
    public String name() {
        return "Reshape";
    }

    @Override
    public double factor() {
        return 1;
    }

    @Override
    public Operand output(List<Operand> inputs) {
        if (inputs.size() != 1 || inputs.getFirst().width() != shape.size()) {
            throw unfit("one operand of " + shape.size() + " entries for shape " + shape, inputs);
        }
        return new Operand(shape, inputs.getFirst().batched());
    }
}
