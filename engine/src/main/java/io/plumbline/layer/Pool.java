package io.plumbline.layer;

import io.plumbline.backend.Window;
import java.util.List;

/// What both poolings share: one operand (C, H, W) per example, windows of which each sees an entry at least, a result (C, H′, W′). Piecewise linear: no curvature.
interface Pool extends Layer {
    /// The window.
    Kernel kernel();

    @Override
    default Operand output(List<Operand> inputs) {
        if (inputs.size() != 1 || !inputs.getFirst().batched() || inputs.getFirst().shape().rank() != 3) {
            throw unfit("one operand (C, H, W) per example", inputs);
        }
        Window w;
        try {
            w = window(inputs.getFirst());
        } catch (IllegalArgumentException unfit) {
            throw new IllegalArgumentException(name() + ": " + unfit.getMessage() + "; operands are " + inputs, unfit);
        }
        if (!w.seesEntries()) {
            throw unfit("windows that see an entry each, not padding alone", inputs);
        }
        return Operand.batched(w.channels(), w.rows().positions(), w.columns().positions());
    }

    /// The window over an operand.
    default Window window(Operand x) {
        return kernel().over(x.shape());
    }

    /// The window over the only operand.
    default Window window(Application at) {
        return window(at.operands().getFirst());
    }
}
