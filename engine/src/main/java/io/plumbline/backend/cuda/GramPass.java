package io.plumbline.backend.cuda;

import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import java.util.List;

/// Tiles of M = J Jᵀ, and the sums over them.
final class GramPass {
    private final Launcher launcher;
    private final DeviceScratch scratch;

    GramPass(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void tile(List<GramTerm> terms, int outputs, Tensor m) {
        throw new UnsupportedOperationException();
    }

    void sums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        throw new UnsupportedOperationException();
    }
}
