package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.util.stream.IntStream;

/// Calls of one primitive on the CPU backend and on the reference, held against each other.
///
/// @param name     for messages
/// @param terms    roundings of an entry of the result: products and additions, as in [CpuBackendTest]
/// @param operands in the order in which the primitive takes them
/// @param rows     of the result
/// @param columns  of the result
record AgainstReference(String name, int terms, Operand[] operands, long rows, int columns, Primitive primitive) {
    /// What a primitive takes.
    ///
    /// @param linear whether the result is linear in it: the bound is computed from its magnitudes
    record Operand(double[] values, long rows, int columns, boolean linear) {
        static Operand linear(long seed, long rows, int columns) {
            return new Operand(new Matrices(seed).random(rows, columns), rows, columns, true);
        }

        Operand magnitudes() {
            return linear ? new Operand(Matrices.magnitudes(values), rows, columns, true) : this;
        }

        Tensor on(Backend backend) {
            return Matrices.on(backend, values, rows, columns);
        }
    }

    /// One call: the operands in order, the result apart.
    interface Primitive {
        void call(Backend backend, Tensor[] operands, boolean accumulate, Tensor result);
    }

    /// = and += once each, so that they differ. Error ≤ (terms + 4)·u·Σ|aᵢbᵢ|, the reference's own included; of two calls the magnitudes are twice those of one.
    void requireClose(CpuBackend backend) {
        double[] found = results(backend, operands, false, true);
        double[] expected = results(Matrices.REFERENCE, operands, false, true);
        Operand[] sizes = new Operand[operands.length];
        for (int i = 0; i < sizes.length; i++) {
            sizes[i] = operands[i].magnitudes();
        }
        double[] magnitude = results(Matrices.REFERENCE, sizes, false);
        double relative = 2 * (terms + 4) * (backend.precision().unitRoundoff() + Precision.F64.unitRoundoff());
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(found[i] - expected[i]);
            double bound = relative * Math.abs(magnitude[i]);
            if (!(error <= bound)) {
                fail(name + ": entry " + i + " is " + found[i] + ", expected " + expected[i] + ", error " + error + " > " + bound);
            }
        }
    }

    /// Where nothing is rounded.
    void requireEqual(CpuBackend backend) {
        assertArrayEquals(results(Matrices.REFERENCE, operands, false), results(backend, operands, false), name);
    }

    /// The same bits on 1, 2 and 3 threads.
    void requireSameBitsForThreads(Precision precision) {
        double[][] found = IntStream.of(1, 2, 3).mapToObj(threads -> {
            try (var backend = CpuBackend.create(precision, threads)) {
                return results(backend, operands, false, true);
            }
        }).toArray(double[][]::new);
        assertArrayEquals(found[0], found[1], name);
        assertArrayEquals(found[0], found[2], name);
    }

    private double[] results(Backend backend, Operand[] from, boolean... accumulate) {
        Tensor[] on = new Tensor[from.length];
        for (int i = 0; i < on.length; i++) {
            on[i] = from[i].on(backend);
        }
        Tensor result = Matrices.undefined(backend, rows, columns);
        for (boolean add : accumulate) {
            primitive.call(backend, on, add, result);
        }
        assertTrue(Matrices.guardsAreIntact(result), name + ": something was written beside the result");
        return Matrices.download(backend, result);
    }

    @Override
    public String toString() {
        return name;
    }
}
