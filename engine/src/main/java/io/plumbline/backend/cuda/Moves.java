package io.plumbline.backend.cuda;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;

/// What moves and sums entries of rows.
final class Moves {
    private final Launcher launcher;
    private final DeviceScratch scratch;

    Moves(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out) {
        throw new UnsupportedOperationException();
    }

    void gather(Tensor x, int[] rows, Tensor out) {
        throw new UnsupportedOperationException();
    }
}
