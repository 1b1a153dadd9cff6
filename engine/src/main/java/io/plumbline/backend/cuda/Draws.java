package io.plumbline.backend.cuda;

import io.plumbline.backend.Tensor;

/// Random vectors, drawn where they are used.
final class Draws {
    private static final int THREADS = 256;
    private static final int MOST_BLOCKS_Y = 65_535;
    private static final int SIGNS_EACH = 4;
    private static final int NORMALS_EACH = 2;

    private final Launcher launcher;
    private final DeviceScratch scratch;

    Draws(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void signs(long seed, long[] streams, Tensor out) {
        draw("draw_signs", SIGNS_EACH, seed, streams, out);
    }

    void normals(long seed, long[] streams, Tensor out) {
        draw("draw_normals", NORMALS_EACH, seed, streams, out);
    }

    private void draw(String kernel, int each, long seed, long[] streams, Tensor out) {
        long onDevice = scratch.upload("streams", streams);
        for (long from = 0; from < out.rows(); from += MOST_BLOCKS_Y) {
            Tensor part = out.rows(from, Math.min(MOST_BLOCKS_Y, out.rows() - from));
            launcher.kernel(kernel).i64(seed).address(onDevice + from * Long.BYTES).tensor(part).i64(out.columns())
                    .launch(Math.ceilDiv(Math.ceilDiv((long) out.columns(), each), THREADS), part.rows(), 1, THREADS, 0);
        }
    }
}
