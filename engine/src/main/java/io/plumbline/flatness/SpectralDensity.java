package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.derivative.Progress;
import io.plumbline.flatness.Probes.Law;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/// The spectral density φ(x) = (1/p) Σ_i δ(x − λ_i) by stochastic Lanczos quadrature (Golub & Meurant 1994; Ubaru, Chen & Saad 2017; Ghorbani, Krishnan & Xiao
/// 2019 for Hessians).
///
/// For a start v, ‖v‖² = p, m Lanczos steps leave a tridiagonal T whose eigenvalues θ_j and squared first entries τ_j of its eigenvectors are Gauss's quadrature for
/// f ↦ vᵀf(A)v/p: exact for polynomials of degree up to 2m − 1. Each start's Σ_j τ_j f(θ_j) is one number; ∫ f φ is estimated by their mean, with the standard error
/// of that mean. Moments up to degree 2m − 1 are unbiased. Other f, steps of the cumulative among them, carry the quadrature's error too: the cumulative may be off
/// within a gap between nodes by those nodes' weights, which no standard error over starts shows.
///
/// Cost: m products a start; memory m vectors a start that is under way.
///
/// @param nodes   θ, descending, for each start
/// @param weights τ, adding up to 1, for each start
/// @param size    p
public record SpectralDensity(double[][] nodes, double[][] weights, int size, long products, long seed) {
    /// Numbers that bases of starts under way may take together, unless one takes more.
    private static final long BASES_ENTRIES = 1L << 27;
    private static final String METHOD = "lanczos-quadrature";

    /// `starts` starts of `steps` steps each.
    ///
    /// @throws IllegalArgumentException if there are fewer than 2 starts, or no steps
    /// @throws ArithmeticException if a product is not finite
    public static SpectralDensity of(SymmetricOperator a, int starts, int steps, long seed, Progress progress) {
        if (starts < Effort.FEWEST || steps < 1) {
            throw new IllegalArgumentException("density: " + starts + " starts of " + steps + " steps, expected at least " + Effort.FEWEST + " of 1");
        }
        int p = a.size();
        int length = Math.min(steps, p);
        int together = Math.clamp(BASES_ENTRIES / ((long) length * p), 1, Probes.blockRows(p));
        var found = new ArrayList<Quadrature>();
        long products = 0;
        for (int from = 0; from < starts; from += together) {
            try (var workspace = new Workspace(a.backend())) {
                List<Quadrature> group = new ArrayList<>();
                for (int start = from; start < Math.min(starts, from + together); start++) {
                    group.add(new Quadrature(new Basis(a.backend(), workspace, length, p), length));
                }
                try (var _ = workspace.frame()) {
                    Tensor v = workspace.tensor(group.size(), p);
                    new Probes(seed, "density", Law.RADEMACHER).fill(from, a.backend(), v);
                    for (int i = 0; i < group.size(); i++) {
                        group.get(i).basis.append(v.rows(i, 1));
                    }
                }
                for (int step = 0; step < length; step++) {
                    products += step(a, group, workspace);
                    progress.at((long) from * length + (step + 1L) * group.size(), (long) starts * length);
                }
                found.addAll(group);
            }
        }
        double[][] nodes = new double[starts][];
        double[][] weights = new double[starts][];
        for (int i = 0; i < starts; i++) {
            found.get(i).solve(i, nodes, weights);
        }
        return new SpectralDensity(nodes, weights, p, products, seed);
    }

    /// One Lanczos step of all starts whose Krylov space is not exhausted.
    private static int step(SymmetricOperator a, List<Quadrature> group, Workspace workspace) {
        Backend backend = a.backend();
        List<Quadrature> active = group.stream().filter(each -> !each.exhausted()).toList();
        if (active.isEmpty()) {
            return 0;
        }
        try (var _ = workspace.frame()) {
            Tensor v = workspace.tensor(active.size(), a.size());
            Tensor w = workspace.tensor(active.size(), a.size());
            for (int i = 0; i < active.size(); i++) {
                backend.product(1, active.get(i).newest(), null, false, v.rows(i, 1));
            }
            a.apply(v, w);
            for (int i = 0; i < active.size(); i++) {
                Tensor row = w.rows(i, 1);
                active.get(i).advance(backend.rowProducts(v.rows(i, 1), row)[0], row);
            }
        }
        return active.size();
    }

    /// T of one start.
    private static final class Quadrature {
        private final Basis basis;
        private final double[] diagonal;
        private final double[] beside;
        private int steps;

        Quadrature(Basis basis, int steps) {
            this.basis = basis;
            diagonal = new double[steps];
            beside = new double[steps];
        }

        boolean exhausted() {
            return steps == basis.size();
        }

        Tensor newest() {
            return basis.vectors(basis.size() - 1, 1);
        }

        void advance(double form, Tensor image) {
            diagonal[steps] = form;
            if (basis.size() < basis.capacity()) {
                beside[steps] = basis.append(image);
            }
            steps++;
        }

        void solve(int start, double[][] nodes, double[][] weights) {
            var eigen = SymmetricEigen.ofTridiagonal(Arrays.copyOf(diagonal, steps), Arrays.copyOf(beside, steps));
            nodes[start] = eigen.values();
            weights[start] = Arrays.stream(eigen.vectors()).mapToDouble(vector -> vector[0] * vector[0]).toArray();
        }
    }

    public int starts() {
        return nodes.length;
    }

    /// ∫ f φ = Tr f(A)/p.
    public Estimate integral(DoubleUnaryOperator f) {
        var sample = new Sample();
        for (int start = 0; start < nodes.length; start++) {
            double sum = 0;
            for (int j = 0; j < nodes[start].length; j++) {
                sum += weights[start][j] * f.applyAsDouble(nodes[start][j]);
            }
            sample.add(sum);
        }
        return new Estimate(sample.mean(), sample.standardError(), METHOD, nodes.length, products, seed);
    }

    /// The share of eigenvalues that are at most x.
    public Estimate cumulative(double x) {
        return integral(node -> node <= x ? 1 : 0);
    }

    /// φ convolved with a Gaussian of standard deviation `width`, at x.
    public Estimate density(double x, double width) {
        double height = 1 / (width * Math.sqrt(2 * Math.PI));
        return integral(node -> height * Math.exp(-(x - node) * (x - node) / (2 * width * width)));
    }

    /// The least node of all.
    public double smallestNode() {
        return Arrays.stream(nodes).mapToDouble(each -> each[each.length - 1]).min().orElseThrow();
    }

    /// The largest node of all.
    public double largestNode() {
        return Arrays.stream(nodes).mapToDouble(each -> each[0]).max().orElseThrow();
    }
}
