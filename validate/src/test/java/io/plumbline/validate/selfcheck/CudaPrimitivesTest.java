package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.Backend;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.Precision;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The primitives of `cuda` on the emulated device.
@OnEmulator
class CudaPrimitivesTest {
    /// Against the reference; and with the same bits on a device of another size, where grids differ, threads in descending order, with tensors at odd addresses,
    /// where numbers come one at a time.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreeWithTheReference(Precision precision) {
        List<Check> checks = new ArrayList<>();
        try (Backend device = Emulator.device(precision, 4);
                Backend smaller = Emulator.device(precision, 1)) {
            Selfcheck.run(new Subject(device, otherwise(smaller)), Selfcheck.primitives(), checks::add);
        }
        assertEquals(List.of(), checks.stream().filter(check -> !check.passed()).toList());
        assertTrue(checks.stream().filter(check -> check.error() > 0).count() > 100, "numbers were rounded");
    }

    /// A buffer whose first number is the second one of another.
    private record Shifted(Buffer buffer) implements Buffer {
        @Override
        public Precision precision() {
            return buffer.precision();
        }

        @Override
        public long length() {
            return buffer.length() - 1;
        }

        @Override
        public void close() {
            buffer.close();
        }
    }

    private static Backend otherwise(Backend device) {
        return Devices.of("otherwise", (method, arguments) -> {
            if (method.getName().equals("allocate")) {
                return new Shifted(device.allocate((long) arguments[0] + 1));
            }
            for (int i = 0; arguments != null && i < arguments.length; i++) {
                if (arguments[i] instanceof Tensor t) {
                    arguments[i] = shifted(t);
                } else if (arguments[i] instanceof List<?> terms) {
                    arguments[i] = terms.stream().map(term -> shifted((GramTerm) term)).toList();
                }
            }
            Emulator.set("ORDER", "reverse");
            try {
                return method.invoke(device, arguments);
            } finally {
                Emulator.set("ORDER", "forward");
            }
        });
    }

    private static Tensor shifted(Tensor t) {
        return t == null ? null : new Tensor(((Shifted) t.buffer()).buffer, t.offset() + 1, t.rows(), t.columns());
    }

    private static GramTerm shifted(GramTerm term) {
        return new GramTerm(shifted(term.firstRow()), shifted(term.firstColumn()), shifted(term.secondRow()), shifted(term.secondColumn()),
                term.plusOne(), term.positions());
    }

    /// What is no number, or far away, has the value that the definition has there.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void activationsFarOutAndBeyond(Precision precision) {
        double[] points = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0, -0.0, 1e-30, -1e-30, 30, -30, 120, -120, 1e4, -1e4};
        try (Backend device = Emulator.device(precision, 4);
                var matrices = new Matrices(device)) {
            Tensor x = matrices.of(points, 1, points.length);
            Tensor out = matrices.undefined(1, points.length);
            for (Kind kind : Kind.values()) {
                for (int order = 0; order <= 2; order++) {
                    var f = new Activation(kind, 0.25);
                    device.activate(f, order, x, null, null, false, out);
                    double[] found = matrices.entries(out);
                    for (int i = 0; i < points.length; i++) {
                        requireClose(precision, f, order, points[i], found[i]);
                    }
                }
            }
        }
    }

    private static void requireClose(Precision precision, Activation f, int order, double x, double found) {
        double point = Matrices.round(x, precision);
        double exact = f.value(order, point);
        double expected = Matrices.round(exact, precision);
        double wide = Precision.F64.unitRoundoff() / precision.unitRoundoff();
        double roundings = Double.isFinite(x) ? ActivationErrors.of(f, order, point, wide) + 3 * Math.abs(exact) : 0;
        double bound = 2 * precision.unitRoundoff() * roundings + (precision == Precision.F32 ? Float.MIN_NORMAL : Double.MIN_NORMAL);
        boolean same = found == expected || Double.isNaN(found) && Double.isNaN(expected);
        assertTrue(same || Math.abs(found - expected) <= bound,
                () -> f + " of order " + order + " at " + x + ": " + found + ", expected " + expected);
    }

    /// One call that sums over all rows gives the bits of several that begin at multiples of a chunk's rows and add to what is there.
    @ParameterizedTest
    @CsvSource({"F32, 37, 37", "F32, 1, 1", "F32, 7, 1", "F32, 2100, 1", "F64, 37, 37", "F64, 1, 1", "F64, 7, 1", "F64, 2100, 1"})
    void sumsOverRowsMayBeCut(Precision precision, int columns, int outColumns) {
        int rows = 1100;
        int[] cuts = {0, 256, 768, 1024, rows};
        var random = new Random(3);
        try (Backend device = Emulator.device(precision, 4);
                var matrices = new Matrices(device)) {
            Tensor a = matrices.of(Matrices.random(random, (long) rows * columns, precision), rows, columns);
            Tensor b = matrices.of(Matrices.random(random, rows, precision), rows, 1);
            Tensor all = matrices.undefined(1, outColumns);
            Tensor cut = matrices.undefined(1, outColumns);
            device.product(-1.25, a, b, false, all);
            for (int i = 0; i + 1 < cuts.length; i++) {
                int count = cuts[i + 1] - cuts[i];
                device.product(-1.25, a.rows(cuts[i], count), b.rows(cuts[i], count), i > 0, cut);
            }
            assertArrayEquals(matrices.entries(all), matrices.entries(cut));
        }
    }

    /// Of no rows there is nothing to compute.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void noRows(Precision precision) {
        try (Backend device = Emulator.device(precision, 4);
                var matrices = new Matrices(device)) {
            Tensor none = matrices.undefined(0, 4);
            Tensor one = matrices.of(new double[4], 1, 4);
            device.fill(none, 1);
            device.activate(Activation.of(Kind.TANH), 1, none, one, null, true, none);
            device.product(2, none, none, false, none);
            device.product(2, none, none, false, matrices.undefined(0, 1));
            device.gather(one, new int[0], none);
            device.copy(new StridedMap(0, 0, List.of()), 1, none, false, none);
            assertEquals(0, device.rowProducts(none, one).length);
        }
    }
}
