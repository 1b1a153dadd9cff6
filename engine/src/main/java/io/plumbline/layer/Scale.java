package io.plumbline.layer;

import java.util.List;

/// y = c x with a constant c: negation, a constant multiplier. c is no parameter.
public record Scale(double factor) implements ScaledCopy {
    @Override
    public String name() {
        return "Scale";
    }

    @Override
    public Operand output(List<Operand> inputs) {
        if (inputs.size() != 1) {
            throw unfit("one operand", inputs);
        }
        return inputs.getFirst();
    }
}
