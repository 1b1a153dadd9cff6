package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// A matrix that is there as an operator: the rows of y = x·A.
final class DenseOperator implements SymmetricOperator {
    private final Backend backend;
    private final Tensor matrix;
    long products;

    DenseOperator(Backend backend, double[][] entries) {
        this.backend = backend;
        int p = entries.length;
        matrix = new Tensor(HostBuffer.collected(backend.precision(), (long) p * p), 0, p, p);
        for (int i = 0; i < p; i++) {
            try (HostBuffer row = HostBuffer.of(entries[i])) {
                backend.upload(row, matrix.rows(i, 1));
            }
        }
    }

    @Override
    public int size() {
        return matrix.columns();
    }

    @Override
    public Backend backend() {
        return backend;
    }

    @Override
    public void apply(Tensor x, Tensor y) {
        products += x.rows();
        backend.multiply(x, matrix, false, false, y);
    }

    static double[] download(Backend backend, Tensor t) {
        try (HostBuffer copy = HostBuffer.allocate(Precision.F64, t.length())) {
            backend.download(t, copy);
            return copy.toArray();
        }
    }
}
