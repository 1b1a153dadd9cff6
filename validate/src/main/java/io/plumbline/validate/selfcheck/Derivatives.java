package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// What is checked of one network: every [Quantity] against the reference's, within bounds, on other threads bit by bit; what quantities owe each other; and
/// that cutting examples into other batches or tiles changes no bit.
///
/// **Bounds.** Each primitive keeps its own bound; what errors of that size do to a derivative depends on the network. So the reference computes the quantity
/// [#SAMPLES] times as [Rounded], every entry of every primitive being off by a random share (uniform in [−1, 1]) of that primitive's bound: Monte Carlo
/// arithmetic (Parker 1997). An entry's bound is [#MARGIN] times its largest deviation in these samples. With σ the standard deviation that errors as large
/// as the primitives' bounds cause, all 8 samples fall below σ/10 once in (2Φ(0.1) − 1)⁻⁸ ≈ 10⁹ entries, so the bound is σ or more. A
/// wrong term is of the size of the quantity itself: 10⁴ bounds in float and more.
///
/// Bounds of what quantities owe each other follow from those of the entries by the triangle inequality.
final class Derivatives {
    static final int SAMPLES = 8;
    private static final double MARGIN = 10;
    private static final long SEED = 17;
    /// More than a block of a Gram tile.
    private static final int MANY = 35;

    private final Problem problem;
    private final Subject subject;
    private final List<Results> samples = new ArrayList<>();
    private Results found;
    private Results exact;
    private Results onOtherThreads;

    private Derivatives(Problem problem, Subject subject) {
        this.problem = problem.in(subject.precision());
        this.subject = subject;
    }

    static Stream<Item> of(Problem problem, Subject subject) {
        var derivatives = new Derivatives(problem, subject);
        var items = new ArrayList<Item>();
        if (subject.isReference()) {
            items.add(derivatives.item("J v, by central differences", () -> Differences.jacobian(derivatives.problem, subject.device())));
            items.add(derivatives.item("H v, by central differences", () -> Differences.hessian(derivatives.problem, subject.device())));
        } else {
            for (Quantity quantity : Quantity.values()) {
                items.add(derivatives.item(quantity.toString(), () -> derivatives.against(quantity)));
            }
        }
        items.addAll(List.of(
                derivatives.item("⟨w, H v⟩ = ⟨v, H w⟩", derivatives::hessianIsSymmetric),
                derivatives.item("gradient = Jᵀ r/n", derivatives::gradientIsASum),
                derivatives.item("J v, row by row", derivatives::jacobianHasTheseRows),
                derivatives.item("Jᵀ u, row by row", derivatives::transposeHasTheseRows),
                derivatives.item("G v = Jᵀ (J v)/n", derivatives::gaussNewtonIsAProduct),
                derivatives.item("J Jᵀ from factors, row by row", () -> derivatives.gramHasTheseRows(Quantity.GRAM_FACTORED)),
                derivatives.item("J Jᵀ from gradients, row by row", () -> derivatives.gramHasTheseRows(Quantity.GRAM_EXPLICIT)),
                derivatives.item("Gram sums: J Jᵀ r", derivatives::sumsHaveTheProduct),
                derivatives.item("bits of a block of directions", derivatives::companyChangesNothing),
                derivatives.item("bits of two batches", derivatives::batchesChangeNothing),
                derivatives.item("bits of Gram tiles", derivatives::tilesChangeNothing)));
        return items.stream();
    }

    private interface Work {
        Deviation run();
    }

    private Item item(String name, Work work) {
        return new Item(Group.DERIVATIVES, problem.name(), name, problem.sizes(), _ -> work.run());
    }

    private double[] found(Quantity quantity) {
        if (found == null) {
            found = new Results(problem, subject.device());
        }
        return found.of(quantity);
    }

    private double[] exact(Quantity quantity) {
        if (exact == null) {
            exact = new Results(problem, Subject.REFERENCE);
        }
        return exact.of(quantity);
    }

    private double[] bounds(Quantity quantity) {
        return bounds(subject, exact(quantity), samples().stream().map(sample -> sample.of(quantity)).toList());
    }

    /// Of entries that are `exact`, from [#SAMPLES] samples of them as [Rounded].
    static double[] bounds(Subject subject, double[] exact, List<double[]> samples) {
        double[] largest = new double[exact.length];
        for (double[] sample : samples) {
            double[] off = subject.bounds(exact, sample);
            Arrays.setAll(largest, i -> Math.max(largest[i], MARGIN * off[i]));
        }
        return largest;
    }

    private List<Results> samples() {
        if (samples.isEmpty()) {
            var random = new Random(SEED);
            for (int sample = 0; sample < SAMPLES; sample++) {
                try (var rounded = new Rounded(subject.precision(), () -> 2 * random.nextDouble() - 1)) {
                    samples.add(new Results(problem, rounded));
                }
            }
        }
        return samples;
    }

    private Deviation against(Quantity quantity) {
        var deviation = Deviation.worst(found(quantity), exact(quantity), bounds(quantity));
        Backend other = subject.otherThreads();
        if (other == null) {
            return deviation;
        }
        if (onOtherThreads == null) {
            onOtherThreads = new Results(problem, other);
        }
        return deviation.but(subject.otherBits(Arrays.equals(found(quantity), onOtherThreads.of(quantity))));
    }

    private Deviation hessianIsSymmetric() {
        double[] products = found(Quantity.HESSIAN);
        double[] off = bounds(Quantity.HESSIAN);
        int p = products.length / 2;
        double[] hv = Arrays.copyOf(products, p);
        double[] hw = Arrays.copyOfRange(products, p, 2 * p);
        double[] v = entries(Quantity.v(problem));
        double[] w = entries(Quantity.w(problem));
        double error = Math.abs(Identities.dot(w, hv) - Identities.dot(v, hw));
        double bound = Identities.magnitude(w, Arrays.copyOf(off, p)) + Identities.magnitude(v, Arrays.copyOfRange(off, p, 2 * p));
        return new Deviation(error, bound + rounding(p) * (Identities.magnitude(w, hv) + Identities.magnitude(v, hw)), null);
    }

    private Deviation gradientIsASum() {
        return combination(Quantity.GRADIENT, residuals(), bounds(Quantity.OUTPUTS), 1.0 / problem.examples());
    }

    private Deviation transposeHasTheseRows() {
        double[] u = problem.cotangent();
        return combination(Quantity.JACOBIAN_TRANSPOSE, u, new double[u.length], 1);
    }

    private Deviation gaussNewtonIsAProduct() {
        return combination(Quantity.GAUSS_NEWTON, found(Quantity.JACOBIAN), bounds(Quantity.JACOBIAN), 1.0 / problem.examples());
    }

    /// `quantity` = factor · Σ_a weights_a J_a, J_a the per-example gradients.
    private Deviation combination(Quantity quantity, double[] weights, double[] weightBounds, double factor) {
        double[] rows = found(Quantity.EXAMPLE_GRADIENTS);
        double[] rowBounds = bounds(Quantity.EXAMPLE_GRADIENTS);
        int p = rows.length / weights.length;
        double[] sum = new double[p];
        double[] bound = bounds(quantity).clone();
        for (int a = 0; a < weights.length; a++) {
            for (int q = 0; q < p; q++) {
                double row = rows[a * p + q];
                double size = Math.abs(weights[a] * row) * rounding(weights.length);
                sum[q] += factor * weights[a] * row;
                bound[q] += factor * (Math.abs(weights[a]) * rowBounds[a * p + q] + weightBounds[a] * (Math.abs(row) + rowBounds[a * p + q]) + size);
            }
        }
        return Deviation.worst(found(quantity), sum, bound);
    }

    private Deviation jacobianHasTheseRows() {
        double[] v = entries(Quantity.v(problem));
        double[] rows = found(Quantity.EXAMPLE_GRADIENTS);
        double[] rowBounds = bounds(Quantity.EXAMPLE_GRADIENTS);
        double[] bound = bounds(Quantity.JACOBIAN).clone();
        double[] products = new double[bound.length];
        int p = v.length;
        for (int a = 0; a < products.length; a++) {
            double[] row = Arrays.copyOfRange(rows, a * p, (a + 1) * p);
            products[a] = Identities.dot(row, v);
            bound[a] += Identities.magnitude(v, Arrays.copyOfRange(rowBounds, a * p, (a + 1) * p)) + rounding(p) * Identities.magnitude(row, v);
        }
        return Deviation.worst(found(Quantity.JACOBIAN), products, bound);
    }

    private Deviation gramHasTheseRows(Quantity gram) {
        double[] rows = found(Quantity.EXAMPLE_GRADIENTS);
        double[] rowBounds = bounds(Quantity.EXAMPLE_GRADIENTS);
        double[] bound = bounds(gram).clone();
        double[] products = new double[bound.length];
        int m = (int) Math.sqrt(bound.length);
        int p = rows.length / m;
        for (int a = 0; a < m; a++) {
            for (int b = 0; b < m; b++) {
                double allowed = 0;
                for (int q = 0; q < p; q++) {
                    double x = rows[a * p + q];
                    double y = rows[b * p + q];
                    products[a * m + b] += x * y;
                    allowed += Math.abs(x) * rowBounds[b * p + q] + (Math.abs(y) + rowBounds[b * p + q]) * rowBounds[a * p + q];
                    allowed += rounding(p) * Math.abs(x * y);
                }
                bound[a * m + b] += allowed;
            }
        }
        return Deviation.worst(found(gram), products, bound);
    }

    /// Σ_j M_ij r_j, which stands behind the squared norms in the sums.
    private Deviation sumsHaveTheProduct() {
        double[] gram = found(Quantity.GRAM_EXPLICIT);
        double[] gramBounds = bounds(Quantity.GRAM_EXPLICIT);
        double[] residuals = residuals();
        double[] off = bounds(Quantity.OUTPUTS);
        int m = residuals.length;
        int from = problem.examples();
        double[] bound = Arrays.copyOfRange(bounds(Quantity.GRAM_SUMS), from, from + m);
        double[] products = new double[m];
        for (int a = 0; a < m; a++) {
            for (int b = 0; b < m; b++) {
                double entry = gram[a * m + b];
                products[a] += entry * residuals[b];
                bound[a] += Math.abs(residuals[b]) * gramBounds[a * m + b] + off[b] * (Math.abs(entry) + gramBounds[a * m + b]);
                bound[a] += rounding(m) * Math.abs(entry * residuals[b]);
            }
        }
        return Deviation.worst(Arrays.copyOfRange(found(Quantity.GRAM_SUMS), from, from + m), products, bound);
    }

    /// H·V and G·V with V = (v, w) at once, and with each alone.
    private Deviation companyChangesNothing() {
        int p = Math.toIntExact(problem.network().parameterCount());
        Backend device = subject.device();
        try (var setting = new Setting(problem, device);
                var workspace = new Workspace(device);
                HostBuffer v = Quantity.v(problem);
                HostBuffer w = Quantity.w(problem)) {
            Point point = setting.point(Contraction.COUNTED);
            Tensor directions = workspace.tensor(2, p);
            Tensor products = workspace.tensor(2, p);
            device.upload(v, directions.rows(0, 1));
            device.upload(w, directions.rows(1, 1));
            point.hessianVectors(directions, products);
            var hessian = Deviation.ofBits(entries(device, products), found(Quantity.HESSIAN), "other bits in a block: H v, H w");
            point.gaussNewtonVectors(directions, products);
            var gaussNewton = Deviation.ofBits(entries(device, products.rows(0, 1)), found(Quantity.GAUSS_NEWTON), "other bits in a block: G v");
            return Deviation.worse(hessian, gaussNewton);
        }
    }

    private static double[] entries(Backend backend, Tensor tensor) {
        HostBuffer buffer = HostBuffer.allocate(Precision.F64, tensor.length());
        backend.download(tensor, buffer);
        return entries(buffer);
    }

    /// [#MANY] per-example gradients at once, and those of a block and of the rest.
    private Deviation batchesChangeNothing() {
        try (var setting = new Setting(problem, subject.device(), MANY, 0)) {
            Point point = setting.point(Contraction.COUNTED);
            double[] whole = point.perExampleGradients(0, MANY).toArray();
            double[] first = point.perExampleGradients(0, Backend.TILE_EXAMPLES).toArray();
            double[] parts = Arrays.copyOf(first, whole.length);
            double[] second = point.perExampleGradients(Backend.TILE_EXAMPLES, MANY - Backend.TILE_EXAMPLES).toArray();
            System.arraycopy(second, 0, parts, first.length, second.length);
            return Deviation.ofBits(parts, whole, "other bits in two batches");
        }
    }

    /// Tiles of 32 examples and of 64, in factors where there are some: M and the sums over it.
    private Deviation tilesChangeNothing() {
        try (var small = new Setting(problem, subject.device(), MANY, Backend.TILE_EXAMPLES);
                var large = new Setting(problem, subject.device(), MANY, 2 * Backend.TILE_EXAMPLES)) {
            var deviation = new Deviation(0, 0, null);
            for (Quantity quantity : List.of(Quantity.GRAM_FACTORED, Quantity.GRAM_SUMS)) {
                double[] parts = quantity.at(small.point(Contraction.FACTORED), problem);
                double[] whole = quantity.at(large.point(Contraction.FACTORED), problem);
                deviation = Deviation.worse(deviation, Deviation.ofBits(parts, whole, "other bits in other tiles: " + quantity));
            }
            return deviation;
        }
    }

    private double[] residuals() {
        double[] residuals = found(Quantity.OUTPUTS).clone();
        try (Dataset data = problem.dataset(problem.examples())) {
            Arrays.setAll(residuals, i -> residuals[i] - data.y().get(i));
        }
        return residuals;
    }

    /// Of a sum of n products in double.
    private static double rounding(int n) {
        return (n + 2) * Precision.F64.unitRoundoff();
    }

    private static double[] entries(HostBuffer buffer) {
        try (buffer) {
            return buffer.toArray();
        }
    }
}
