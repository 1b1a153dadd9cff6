package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;

/// What vectors like θ must be: as long, and finite.
///
/// @param workspace for sums
record VectorChecks(Network network, Backend backend, Workspace workspace) {
    /// A direction on its way in.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    void direction(String operator, HostBuffer v) {
        if (v.length() != network.parameterCount()) {
            throw new IllegalArgumentException(operator + ": vector has " + v.length() + " entries, theta has " + network.parameterCount());
        }
        long i = v.firstNotFinite();
        if (i >= 0) {
            throw notFinite(operator + ": vector", i, v.get(i));
        }
    }

    /// n·K numbers on their way in.
    ///
    /// @throws IllegalArgumentException if u does not have n·K entries or one is not finite
    void cotangent(String operator, double[] u, int length) {
        if (u.length != length) {
            throw new IllegalArgumentException(operator + ": vector has " + u.length + " entries, n·K is " + length);
        }
        for (int i = 0; i < u.length; i++) {
            if (!Double.isFinite(u[i])) {
                throw notFinite(operator + ": vector", i, u[i]);
            }
        }
    }

    private static IllegalArgumentException notFinite(String vector, long i, double value) {
        return new IllegalArgumentException(vector + "[" + i + "] is " + value + ", expected finite numbers");
    }

    /// A row for each direction.
    ///
    /// @throws IllegalArgumentException if they are not (m, p), not in the backend's precision, or one is not finite
    void directions(String operator, Tensor directions) {
        shape(operator + ": directions", directions, "m");
        long row = firstNotFinite(directions);
        if (row >= 0) {
            double[] entries = entries(directions.rows(row, 1));
            for (int i = 0; i < entries.length; i++) {
                if (!Double.isFinite(entries[i])) {
                    throw notFinite(operator + ": directions[" + row + "]", i, entries[i]);
                }
            }
        }
    }

    /// Room for a product a direction.
    ///
    /// @throws IllegalArgumentException if it is not (m, p) or not in the backend's precision
    void room(String operator, Tensor products, long directions) {
        shape(operator + ": products", products, Long.toString(directions));
        if (products.rows() != directions) {
            throw new IllegalArgumentException(operator + ": products have " + products.rows() + " rows, there are " + directions + " directions");
        }
    }

    private void shape(String operand, Tensor t, String rows) {
        if (t.columns() != network.parameterCount()) {
            throw new IllegalArgumentException(operand + " have shape " + t.shape() + ", expected (" + rows + ", " + network.parameterCount() + ")");
        }
        if (t.precision() != backend.precision()) {
            throw new IllegalArgumentException(
                    operand + " are in " + t.precision().label() + ", " + backend.name() + " computes in " + backend.precision().label());
        }
    }

    /// Products on their way out.
    ///
    /// @throws ArithmeticException if one is not finite: names the parameter
    void products(Tensor products) {
        long row = firstNotFinite(products);
        if (row < 0) {
            return;
        }
        double[] entries = entries(products.rows(row, 1));
        for (int i = 0; i < entries.length; i++) {
            if (!Double.isFinite(entries[i])) {
                Parameter parameter = network.parameterAt(i);
                throw new ArithmeticException(
                        network.name() + ": derivative by entry " + (i - parameter.offset()) + " of " + parameter.name() + " is "
                                + entries[i] + " in " + backend.precision().label());
            }
        }
    }

    /// The first row with an entry that is not finite, or −1: 0 · x is 0 for finite x and NaN for others.
    private long firstNotFinite(Tensor vectors) {
        try (var _ = workspace.frame()) {
            Tensor sums = workspace.tensor(vectors.rows(), 1);
            backend.product(0, vectors, null, false, sums);
            double[] zeros = entries(sums);
            for (int row = 0; row < zeros.length; row++) {
                if (Double.isNaN(zeros[row])) {
                    return row;
                }
            }
            return -1;
        }
    }

    private double[] entries(Tensor t) {
        try (HostBuffer buffer = HostBuffer.allocate(Precision.F64, t.length())) {
            backend.download(t, buffer);
            return buffer.toArray();
        }
    }
}
