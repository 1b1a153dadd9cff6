package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;

/// What comes to a device and back: bits must be equal.
final class MemoryCases {
    private static final long SEED = 7;
    private static final int[] SIZES = {1, 31, 33, 61, 50_021};

    private MemoryCases() {}

    static Stream<Item> all() {
        var items = new ArrayList<Item>();
        for (int n : SIZES) {
            items.add(new Item(Group.PRIMITIVES, "fill", "a number", "(" + n + ")", subject -> fill(subject.device(), n)));
        }
        for (int n : SIZES) {
            items.add(new Item(Group.PRIMITIVES, "randomSigns", "of 3 streams", "(3, " + n + ")", subject -> random(subject, true, n)));
        }
        for (int n : SIZES) {
            items.add(new Item(Group.PRIMITIVES, "randomNormals", "of 3 streams", "(3, " + n + ")", subject -> random(subject, false, n)));
        }
        for (Precision host : Precision.values()) {
            for (int n : SIZES) {
                items.add(new Item(Group.PRIMITIVES, "upload", "from " + host.label(), "(" + n + ")",
                        subject -> upload(subject.device(), host, n)));
            }
        }
        for (Precision host : Precision.values()) {
            for (int n : SIZES) {
                items.add(new Item(Group.PRIMITIVES, "download", "to " + host.label(), "(" + n + ")",
                        subject -> download(subject.device(), host, n)));
            }
        }
        return items.stream();
    }

    private static Deviation fill(Backend device, int n) {
        try (var matrices = new Matrices(device)) {
            double value = -1.25;
            double[] expected = new double[n];
            Arrays.fill(expected, value);
            Tensor t = matrices.undefined(1, n);
            device.fill(t, value);
            return Deviation.ofBits(matrices.entries(t), expected, "other bits").but(matrices.besides(t));
        }
    }

    /// Signs to the bit. Normal numbers: ln, cos and sin are good to two roundings of double each where a device has its own ([Philox]), and there is one to the
    /// device's precision.
    private static Deviation random(Subject subject, boolean signs, int n) {
        try (var matrices = new Matrices(subject.device())) {
            long[] streams = {0, Philox.stream("selfcheck"), -1};
            double[] expected = new double[streams.length * n];
            double[] bounds = new double[expected.length];
            for (int i = 0; i < expected.length; i++) {
                var random = new Philox(SEED, streams[i / n]);
                expected[i] = signs ? random.rademacher(i % n) : random.normal(i % n);
                bounds[i] = signs ? 0 : Math.abs(expected[i]) * (2 * 6 * Precision.F64.unitRoundoff() + subject.precision().unitRoundoff());
            }
            Tensor t = matrices.undefined(streams.length, n);
            if (signs) {
                subject.device().randomSigns(SEED, streams, t);
            } else {
                subject.device().randomNormals(SEED, streams, t);
            }
            return Deviation.worst(matrices.entries(t), expected, bounds).but(matrices.besides(t));
        }
    }

    /// Numbers of `host`'s precision, rounded to nearest on their way to a device of less.
    private static Deviation upload(Backend device, Precision host, int n) {
        try (var matrices = new Matrices(device);
                HostBuffer source = source(host, n)) {
            Tensor t = matrices.undefined(1, n);
            device.upload(source, t);
            return Deviation.ofBits(matrices.entries(t), rounded(source, device.precision()), "other bits").but(matrices.besides(t));
        }
    }

    private static Deviation download(Backend device, Precision host, int n) {
        try (var matrices = new Matrices(device);
                HostBuffer source = source(Precision.F64, n);
                HostBuffer target = HostBuffer.allocate(host, n + 2L)) {
            target.set(0, Double.NaN);
            target.set(n + 1L, Double.NaN);
            Tensor t = matrices.undefined(1, n);
            device.upload(source, t);
            device.download(t, target.slice(1, n));
            boolean kept = Double.isNaN(target.get(0)) && Double.isNaN(target.get(n + 1L));
            try (HostBuffer onDevice = HostBuffer.of(rounded(source, device.precision()))) {
                return Deviation.ofBits(target.slice(1, n).toArray(), rounded(onDevice, host), "other bits")
                        .but(kept ? null : "something was written beside the result");
            }
        }
    }

    /// Numbers that float does not represent exactly, unless they are floats.
    private static HostBuffer source(Precision host, int n) {
        var random = new Random(SEED);
        HostBuffer source = HostBuffer.allocate(host, n);
        for (long i = 0; i < n; i++) {
            source.set(i, random.nextGaussian());
        }
        return source;
    }

    private static double[] rounded(HostBuffer source, Precision precision) {
        return Arrays.stream(source.toArray()).map(value -> Matrices.round(value, precision)).toArray();
    }
}
