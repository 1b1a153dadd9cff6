package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.plumbline.alignment.Alignment;
import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.LongStream;

/// How near to the machine's limits does the engine come? Limits first, measured in the same run: products of large matrices by the vendor's BLAS, copies, writes. Then
/// the engine's own work, each line with what it moves or multiplies, the rate, and that rate's share of the limit that bounds it.
///
/// ```
/// ./plumbline bench roofline [--device cpu|cuda] [--precision f32|f64] [--scale 1] [--parts gradients,gram,networks,replicas] [--json FILE]
/// ```
///
/// Limits are always measured, of the rest `--parts`, by default all. `--scale` divides the sizes, for slow machines. Times are medians; transfers between host and device are inside where a user's call has them.
public final class Roofline {
    private static final int LIMIT_SIZE = 8192;
    private static final int DIRECTIONS = 16;
    private static final long COPY_BYTES = 1L << 30;
    private static final int STEPS = 100;
    private static final int BATCH = 10;
    private static final double RATE = 1e-3;
    private static final Stopwatch STOPWATCH = new Stopwatch(0.5, 5);

    private final Backend backend;
    private final int scale;
    private final List<Line> lines = new ArrayList<>();
    private final PrintStream out;
    private double multiplyRate;
    private double writeRate;

    /// What is measured beside limits.
    private enum Part {
        GRADIENTS, GRAM, NETWORKS, REPLICAS
    }

    /// One measured thing.
    ///
    /// @param amount  FLOP, bytes or steps of replicas, of one run
    /// @param unit    `FLOP`, `B` or `step`; `run` for a run whose parts are not counted
    /// @param seconds the median of one run
    /// @param limit   what bounds it, or null for a limit itself
    /// @param share   of that limit, or null
    public record Line(String work, String sizes, double amount, String unit, double seconds, double rate, String limit, Double share) {}

    /// All of one device.
    public record Table(String schema, String device, String precision, List<Line> lines) {}

    private Roofline(Backend backend, int scale, PrintStream out) {
        this.backend = backend;
        this.scale = scale;
        this.out = out;
    }

    /// Runs the command.
    ///
    /// @throws IllegalArgumentException if an option is not one of those above
    static void main(List<String> arguments, PrintStream out) throws IOException {
        String device = "cpu";
        Precision precision = Precision.F32;
        int scale = 1;
        Path json = null;
        Set<Part> parts = EnumSet.allOf(Part.class);
        for (int i = 0; i < arguments.size(); i += 2) {
            if (i + 1 == arguments.size()) {
                throw new IllegalArgumentException("roofline: " + arguments.get(i) + " has no value");
            }
            String value = arguments.get(i + 1);
            switch (arguments.get(i)) {
                case "--device" -> device = value;
                case "--precision" -> precision = Precision.valueOf(value.toUpperCase(Locale.ROOT));
                case "--scale" -> scale = Integer.parseInt(value);
                case "--parts" -> parts = parts(value);
                case "--json" -> json = Path.of(value);
                default -> throw new IllegalArgumentException("roofline: found " + arguments.get(i)
                        + ", expected --device, --precision, --scale, --parts or --json");
            }
        }
        try (Backend backend = open(device, precision)) {
            var roofline = new Roofline(backend, scale, out);
            out.println(backend.name() + ", " + precision.label() + ": " + backend.description());
            roofline.run(parts);
            if (json != null) {
                var table = new Table("plumbline.roofline/1", backend.description(), precision.label(), roofline.lines);
                Files.writeString(json, new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsString(table) + "\n");
            }
        }
    }

    private static Backend open(String device, Precision precision) {
        return switch (device) {
            case "cpu" -> CpuBackend.create(precision, Runtime.getRuntime().availableProcessors());
            case "cuda" -> CudaBackend.create(precision);
            default -> throw new IllegalArgumentException("roofline: device " + device + ", expected cpu or cuda");
        };
    }

    private static Set<Part> parts(String names) {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        for (String name : names.split(",")) {
            parts.add(Arrays.stream(Part.values()).filter(part -> part.name().toLowerCase(Locale.ROOT).equals(name)).findFirst().orElseThrow(
                    () -> new IllegalArgumentException("roofline: part " + name + ", expected gradients, gram, networks or replicas")));
        }
        return parts;
    }

    private void run(Set<Part> parts) {
        limits();
        if (parts.contains(Part.GRADIENTS)) {
            perExampleGradients();
        }
        if (parts.contains(Part.GRAM)) {
            gramPass(256, 256);
            gramPass(1024, 1024);
        }
        if (parts.contains(Part.NETWORKS)) {
            network("fcn:784-256-256-1:relu", 1000);
            network("fcn:784-256-256-1:relu", 16_384);
            network("cnn:3x32x32-16-32-64-1", 500);
            network("cnn:3x32x32-16-32-64-1", 8192);
            network("vgg11", 1024);
        }
        if (parts.contains(Part.REPLICAS)) {
            replicas(1);
            replicas(1024);
            replicas(8192);
        }
    }

    private void limits() {
        int size = LIMIT_SIZE / scale;
        double flops = 2.0 * size * size * size;
        try (var workspace = new Workspace(backend)) {
            Tensor a = normal(workspace, size, size);
            Tensor b = normal(workspace, size, size);
            Tensor c = workspace.tensor(size, size);
            String sizes = size + " x " + size + " x " + size;
            double own = STOPWATCH.seconds(backend, () -> backend.multiply(a, b, false, false, c));
            double vendor = own;
            if (backend instanceof CudaBackend cuda && cuda.vendor() != null) {
                vendor = STOPWATCH.seconds(backend, () -> cuda.vendor().multiply(a, b, c));
            }
            multiplyRate = flops / vendor;
            limit("product of matrices, vendor's BLAS", sizes, flops, "FLOP", vendor);
            line("product of matrices", sizes, flops, "FLOP", own, "BLAS", multiplyRate);
        }
        long numbers = COPY_BYTES / scale / backend.precision().sizeBytes();
        try (var workspace = new Workspace(backend)) {
            Tensor from = normal(workspace, (int) (numbers >> 10), 1 << 10);
            Tensor to = workspace.tensor(from.rows(), from.columns());
            double bytes = (double) from.length() * backend.precision().sizeBytes();
            double written = STOPWATCH.seconds(backend, () -> backend.fill(to, 1));
            writeRate = bytes / written;
            limit("write", from.length() + " numbers", bytes, "B", written);
            double copied = STOPWATCH.seconds(backend, () -> backend.product(1, from, null, false, to));
            limit("copy, read and written", from.length() + " numbers", 2 * bytes, "B", copied);
        }
    }

    /// All gradients of a dense layer: outer products, each number written once.
    private void perExampleGradients() {
        int n = 4096 / scale;
        try (var workspace = new Workspace(backend)) {
            Tensor delta = normal(workspace, n, 256);
            Tensor x = normal(workspace, n, 784);
            Tensor gradients = workspace.tensor(n, 256 * 784);
            double bytes = (double) gradients.length() * backend.precision().sizeBytes();
            double seconds = STOPWATCH.seconds(backend, () -> backend.sumOuterEach(1, delta, x, false, gradients));
            line("per-example gradients, dense", n + " x 256 x 784", bytes, "B", seconds, "write", writeRate);
        }
    }

    /// Sums over all pairs of examples, with all statistics, of one layer's factors.
    private void gramPass(int first, int second) {
        int n = 16_384 / scale;
        try (var workspace = new Workspace(backend)) {
            Tensor delta = normal(workspace, n, first);
            Tensor x = normal(workspace, n, second);
            double[] residuals = new double[n];
            for (int i = 0; i < n; i++) {
                residuals[i] = Math.sin(i);
            }
            var terms = List.of(new GramTerm(delta, delta, x, x, true));
            double pairs = 0.5 * n * (n + 1.0);
            double flops = 2 * pairs * (first + second);
            double seconds = STOPWATCH.seconds(backend, () -> backend.gramSums(terms, 0, n, 0, n, residuals, new GramSums(n, 1)));
            line("Gram pass with statistics", n + " examples, factors of " + first + " and " + second, flops, "FLOP", seconds, "BLAS", multiplyRate);
        }
    }

    private void network(String model, int examples) {
        int n = Math.max(1, examples / scale);
        long memory = backend.name().equals("cuda") ? 24L << 30 : 4L << 30;
        try (var workload = new Workload(model, n, new Limits(memory, 0), backend);
                HostBuffer direction = Workload.normal("direction", workload.network.parameterCount())) {
            String sizes = model + ", n = " + n;
            try (Point point = workload.surface.at(workload.network.initialTheta())) {
                point.gradient();
                plain("gradient, forward values kept", sizes, STOPWATCH.seconds(backend, point::gradient));
                plain("Hessian product, forward values kept", sizes, STOPWATCH.seconds(backend, () -> point.hessianVector(direction)));
                products(workload, point, sizes);
            }
            plain("gradient", sizes, STOPWATCH.seconds(backend, () -> at(workload, Point::gradient)));
            plain("Hessian product", sizes, STOPWATCH.seconds(backend, () -> at(workload, point -> point.hessianVector(direction))));
            plain("alpha, beta, mu, gamma", sizes, STOPWATCH.seconds(backend, () -> at(workload, Alignment::of)));
        }
    }

    /// A block of steps of SGD, all replicas of a small network together: steps a second of all of them, beside those that the rate of matrix products would allow. A step has
    /// B·(2·5·16 + 3·16) multiply-adds: forward, weights' gradients, and cotangents of all inputs but the first layer's.
    private void replicas(int most) {
        int count = Math.max(1, most / scale);
        try (var workload = new Workload("fcn:5-16-1:tanh", 1000, Limits.DEFAULT, backend);
                var replicas = Replicas.of(workload.surface, LongStream.range(0, count).mapToObj(seed -> Recipe.sgd(RATE, BATCH, seed)).toList(),
                        Collections.nCopies(count, workload.network.initialTheta()))) {
            double seconds = STOPWATCH.seconds(backend, () -> replicas.advance(STEPS));
            String manner = replicas.refusal(0) == null ? "in one launch" : "each by itself";
            line("steps of SGD, replicas " + manner, "fcn:5-16-1:tanh, R = " + count + ", B = " + BATCH + ", " + STEPS + " steps",
                    (double) count * STEPS,
                    "step", seconds, "BLAS", multiplyRate / (2.0 * BATCH * (2 * 5 * 16 + 3 * 16)));
        }
    }

    /// Vectors that are where the backend computes, and stay there.
    private void products(Workload workload, Point point, String sizes) {
        try (var workspace = new Workspace(backend)) {
            Tensor directions = normal(workspace, DIRECTIONS, (int) workload.network.parameterCount());
            Tensor results = workspace.tensor(directions.rows(), directions.columns());
            plain("gradient, result on the device", sizes, STOPWATCH.seconds(backend, () -> at(workload, anew -> {
                anew.gradient(results.rows(0, 1));
                return results;
            })));
            plain("Hessian product, vectors on the device", sizes,
                    STOPWATCH.seconds(backend, () -> point.hessianVectors(directions.rows(0, 1), results.rows(0, 1))));
            plain(DIRECTIONS + " Hessian products, vectors on the device", sizes,
                    STOPWATCH.seconds(backend, () -> point.hessianVectors(directions, results)));
        }
    }

    private interface Measure {
        Object of(Point point);
    }

    /// At a new point, as a user's call finds it.
    private static void at(Workload workload, Measure measure) {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            measure.of(point);
        }
    }

    private Tensor normal(Workspace workspace, int rows, int columns) {
        Tensor tensor = workspace.tensor(rows, columns);
        // One block of random numbers, repeated: drawing a gigabyte takes longer than all the rest.
        int block = Math.min(rows, 1 << 10);
        try (HostBuffer numbers = Workload.normal("roofline", (long) block * columns)) {
            for (int from = 0; from < rows; from += block) {
                int count = Math.min(block, rows - from);
                backend.upload(numbers.slice(0, (long) count * columns), tensor.rows(from, count));
            }
        }
        return tensor;
    }

    private void limit(String work, String sizes, double amount, String unit, double seconds) {
        add(new Line(work, sizes, amount, unit, seconds, amount / seconds, null, null));
    }

    private void line(String work, String sizes, double amount, String unit, double seconds, String limit, double limitRate) {
        add(new Line(work, sizes, amount, unit, seconds, amount / seconds, limit, amount / seconds / limitRate));
    }

    private void plain(String work, String sizes, double seconds) {
        add(new Line(work, sizes, 1, "run", seconds, 1 / seconds, null, null));
    }

    private void add(Line line) {
        lines.add(line);
        String rate = switch (line.unit) {
            case "FLOP" -> String.format(Locale.ROOT, "%9.2f TFLOP/s", line.rate / 1e12);
            case "B" -> String.format(Locale.ROOT, "%9.1f GB/s   ", line.rate / 1e9);
            case "step" -> String.format(Locale.ROOT, "%9.3f Msteps/s", line.rate / 1e6);
            default -> " ".repeat(17);
        };
        String share = line.share == null
                ? ""
                : String.format(Locale.ROOT, line.share < 0.01 ? "%6.3f %% of %s" : "%4.0f %% of %s", 100 * line.share, line.limit);
        out.println(
                String.format(Locale.ROOT, "%-38s %-48s %10.3f ms %s %s", line.work, line.sizes, 1e3 * line.seconds, rate, share).stripTrailing());
    }
}
