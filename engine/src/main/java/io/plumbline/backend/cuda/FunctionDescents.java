package io.plumbline.backend.cuda;

import io.plumbline.backend.LinearDescents;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;

/// Linearised SGD on the device: many steps a launch where a step adds up a few rows of M (function_descend.cu); a product of matrices each step where batches hold
/// many of the examples (function_weights.cu).
final class FunctionDescents implements LinearDescents {
    private static final int WARP = 32;
    private static final int MOST_THREADS = 256;
    private static final int MOST_STEPS = 64;

    private final CudaBackend backend;
    private final Launcher launcher;
    private final Law law;
    private final Tensor gram;
    private final Tensor starts;
    private final Scope scope = new Scope();
    private final DeviceScratch scratch;
    private final Residency residency;
    private final int threads;
    private final Tensor scales;
    private Tensor u;
    private Tensor other;

    /// Calls take turns on the backend.
    FunctionDescents(CudaBackend backend, Launcher launcher, DeviceScratch scratch, Law law, Tensor gram, Tensor starts) {
        if (gram.rows() != law.width() || gram.columns() != law.width() || starts.columns() != law.width()) {
            throw new IllegalArgumentException("linear descents: M " + gram.shape() + " and starts " + starts.shape() + " for " + law.examples()
                    + " examples of " + law.outputs() + " outputs");
        }
        this.backend = backend;
        this.launcher = launcher;
        this.law = law;
        this.gram = gram;
        this.starts = starts;
        residency = new Residency(launcher.context());
        // The order in which squares are added: by nK alone.
        threads = Math.clamp((long) Math.ceilDiv(law.width(), WARP) * WARP, WARP, MOST_THREADS);
        launcher.kernels().allowSharedBytes("function_descend", residency.sharedLimit());
        try {
            this.scratch = scope.own(scratch);
            scales = tensor(1);
            u = tensor(law.width());
            other = tensor(law.width());
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    private Tensor tensor(int columns) {
        return new Tensor(scope.own(backend.allocate((long) law.replicas() * columns)), 0, law.replicas(), columns);
    }

    @Override
    public void start(int[] rows, double[] factors) {
        take(starts, rows, factors);
    }

    @Override
    public void select(int[] rows, double[] factors) {
        take(u, rows, factors);
    }

    private void take(Tensor from, int[] rows, double[] factors) {
        synchronized (backend) {
            try (HostBuffer host = HostBuffer.of(factors)) {
                backend.upload(host, scales);
            }
            backend.gather(from, rows, other);
            backend.product(1, other, scales, false, other);
            swap();
        }
    }

    private void swap() {
        Tensor kept = u;
        u = other;
        other = kept;
    }

    @Override
    public int mostSteps() {
        return MOST_STEPS;
    }

    @Override
    public double[][] advance(double eta, long first, int steps) {
        synchronized (backend) {
            launcher.context().enter("linear descents, " + steps + " steps", gram, u);
            double[] losses = law.isDense() ? byProducts(eta, first, steps) : byRows(eta, first, steps);
            double[][] each = new double[steps][law.replicas()];
            for (int s = 0; s < steps; s++) {
                System.arraycopy(losses, s * law.replicas(), each[s], 0, law.replicas());
            }
            return each;
        }
    }

    private double[] byRows(double eta, long first, int steps) {
        long size = launcher.precision().sizeBytes();
        long terms = (long) law.batchSize() * law.outputs();
        var shared = residency.shared();
        boolean stateShared = shared.place(law.width() * size) >= 0;
        long integers = terms + law.batchSize();
        boolean weightsShared = shared.place(terms * size + integers * Integer.BYTES) >= 0;
        long room = weightsShared ? 0 : terms * size + integers * Integer.BYTES;
        int blocks = residency.blocks(law.replicas(), threads, shared, room);
        int count = Math.multiplyExact(steps, law.replicas());
        long losses = scratch.address("losses", (long) count * Double.BYTES);
        launcher.kernel("function_descend").tensor(gram).i32(law.examples()).i32(law.outputs()).tensor(u).tensor(other).i32(law.replicas());
        batches(eta).i64(first).i32(steps).i32(stateShared ? 1 : 0).i32(weightsShared ? 1 : 0)
                .address(scratch.address("weights", weightsShared ? 0 : blocks * terms * size))
                .address(scratch.address("batches", weightsShared ? 0 : blocks * integers * Integer.BYTES)).address(losses)
                .launch(blocks, 1, 1, threads, shared.bytes());
        swap();
        return scratch.download(losses, count);
    }

    private Launcher batches(double eta) {
        return launcher.i32(law.batchSize()).i32(law.replacement() ? 1 : 0).i64(law.batches().seed()).i64(law.batches().stream())
                .f64(-eta / law.batchSize());
    }

    /// u += W·M, step by step; nothing comes back before the last one.
    private double[] byProducts(double eta, long first, int steps) {
        long batchBytes = (long) law.batchSize() * Integer.BYTES;
        int blocks = residency.blocks(law.replicas(), threads, residency.shared(), batchBytes);
        int count = Math.multiplyExact(steps, law.replicas());
        backend.product(1, u, null, false, other);
        swap();
        try (var step = new Scope(); HostBuffer host = HostBuffer.allocate(Precision.F64, count)) {
            Tensor weights = new Tensor(step.own(backend.allocate(u.length())), 0, u.rows(), u.columns());
            Tensor found = new Tensor(step.own(backend.allocate(count)), 0, count, 1);
            for (int s = 0; s < steps; s++) {
                launcher.kernel("function_weights").tensor(u).i32(law.examples()).i32(law.outputs()).i32(law.replicas());
                batches(eta).i64(first + s).address(scratch.address("batches", blocks * batchBytes)).tensor(weights).launch(blocks, 1, 1, threads, 0);
                backend.multiply(weights, gram, false, true, u);
                backend.product(1 / (2.0 * law.examples()), u, u, false, found.rows((long) s * law.replicas(), law.replicas()));
            }
            backend.download(found, host);
            return host.toArray();
        }
    }

    @Override
    public void back() {
        swap();
    }

    @Override
    public void close() {
        scope.close();
    }
}
