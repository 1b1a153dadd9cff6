package io.plumbline.layer;

import java.util.List;

/// y = Σ_j x_j: the sum of an operand's entries, for each example or of a shared one. Cotangent: x̄_j = ȳ.
/// A scaled copy, for copying into one column is summing, and copying from one is repeating it.
public record Total() implements ScaledCopy {
    @Override
    public String name() {
        return "Total";
    }

    @Override
    public double factor() {
        return 1;
    }

    @Override
    public Operand output(List<Operand> inputs) {
        if (inputs.size() != 1) {
            throw unfit("one operand", inputs);
        }
        return new Operand(Shape.of(1), inputs.getFirst().batched());
    }
}
