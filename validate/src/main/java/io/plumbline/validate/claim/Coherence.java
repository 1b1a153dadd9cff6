package io.plumbline.validate.claim;

import io.plumbline.memory.Precision;
import io.plumbline.stability.FunctionSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Dexter et al.: with batches that hold each example with probability B/n, linearised SGD diverges in mean square if λ₁(H) ≥ 2/η or λ₁(H) ≥ (σ/η)(n/B − 1)^(−½), with the coherence
/// σ = λ₁(S)/max_i λ₁(H_i), S_ij = ‖H_i^½H_j^½‖_F, of the examples' Hessians H_i.
///
/// Since λ₁(H) ≤ λ₁(S)/n = σ max_i λ₁(H_i)/n, the second condition says η²(n/B − 1)/n²·max_i λ₁(H_i)² ≥ 1: the noise of that one example alone keeps E[L] from falling.
///
/// For one output H_i = g_ig_iᵀ: S_ij = |M_ij|, λ₁(H_i) = M_ii. It is tried at the smallest η that the condition names. In function space the second moment of the residuals obeys exactly
/// S ↦ (I − η𝒦)S(I − η𝒦) + η²(n−B)/(nB)·M diag(S) M/n for these batches (their size varies, so ηΣ_I/B is no mean over I); from S = M, E[L]'s growth a step must not end below 1.
final class Coherence implements Claim {
    private static final int STEPS = 60;
    private static final int ORTHOGONAL_EXAMPLES = 6;

    private final double constant;

    Coherence() {
        this(1);
    }

    /// The claim of divergence from c times that η on; the right c is 1.
    Coherence(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "coherence";
    }

    @Override
    public String statement() {
        return "λ₁(H) ≥ 2/η or λ₁(H) ≥ (σ/η)(n/B − 1)^(−½), σ = λ₁(S)/max_i λ₁(H_i), S_ij = ‖H_i^½H_j^½‖_F ⇒ linearised SGD diverges in mean square; tried at the smallest such η";
    }

    @Override
    public String formula() {
        return "\\lambda_1(H)\\ge\\frac2\\eta\\ \\text{ or }\\ \\lambda_1(H)\\ge\\frac{\\sigma}{\\eta}\\Big(\\frac nB-1\\Big)^{-1/2}\\;\\Rightarrow\\;\\mathbb E\\|\\theta_t\\|^2\\to\\infty,\\qquad \\sigma=\\frac{\\lambda_1(S)}{\\max_i\\lambda_1(H_i)},\\ S_{ij}=\\big\\|H_i^{1/2}H_j^{1/2}\\big\\|_F";
    }

    @Override
    public String assumptions() {
        return "each example is in a batch with probability B/n, independently; the step is (η/B) times the batch's sum; one output; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Dexter et al., arXiv 2401.12332";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(60, 200);
        var features = new ArrayList<>(Features.ofAllKinds(experiment, n));
        features.add(Features.orthogonal(ORTHOGONAL_EXAMPLES));
        return Features.trials(experiment, features, this::measure);
    }

    private List<Measurement> measure(FunctionSpace space, Features.Gram gram) {
        double top = space.eigenvalues()[0];
        double sigma = coherence(gram);
        int n = gram.examples();
        var measurements = new ArrayList<Measurement>();
        for (int batchSize : List.of(1, 2, n / 2)) {
            double eta = constant * Math.min(2, sigma / Math.sqrt((double) n / batchSize - 1)) / top;
            double growth = growth(gram, batchSize, eta);
            // n roundings for each of the products of a step, of entries no larger than (1 + ηλ₁)² of S's.
            double tolerance = 8 * n * Precision.F64.unitRoundoff() * Math.pow(1 + eta * top, 2);
            measurements.add(Measurement.exact("E[L]'s growth a step at the smallest η of the condition", gram.where() + ", B=" + batchSize, growth,
                    Relation.AT_LEAST, 1,
                    tolerance));
        }
        return measurements;
    }

    /// λ₁(|M|)/max_i M_ii; |M| has no negative entry, so that powers of it bring forth the eigenvector of its largest eigenvalue. From below: the quotient of an iterate.
    private static double coherence(Features.Gram gram) {
        int n = gram.examples();
        double[] vector = new double[n];
        Arrays.fill(vector, 1);
        double value = 0;
        double largest = 0;
        for (int t = 0; t < STEPS; t++) {
            double[] next = new double[n];
            for (int i = 0; i < n; i++) {
                largest = Math.max(largest, gram.get(i, i));
                for (int j = 0; j < n; j++) {
                    next[i] += Math.abs(gram.get(i, j)) * vector[j];
                }
            }
            value = Math.sqrt(Vectors.dot(next, next) / Vectors.dot(vector, vector));
            double scale = 1 / Math.sqrt(Vectors.dot(next, next));
            for (int i = 0; i < n; i++) {
                vector[i] = scale * next[i];
            }
        }
        return value / largest;
    }

    /// Tr S_T/Tr S_{T−1}.
    private static double growth(Features.Gram gram, int batchSize, double eta) {
        int n = gram.examples();
        double[][] m = new double[n][n];
        double[][] kept = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                m[i][j] = gram.get(i, j);
                kept[i][j] = (i == j ? 1 : 0) - eta * m[i][j] / n;
            }
        }
        double noise = eta * eta * (n - batchSize) / ((double) n * batchSize) / n;
        double[][] s = m;
        double growth = 0;
        for (int t = 0; t < STEPS; t++) {
            double[][] weighted = new double[n][n];
            for (int i = 0; i < n; i++) {
                Vectors.axpy(noise * s[i][i], m[i], weighted[i]);
            }
            double[][] next = Vectors.product(Vectors.product(kept, s), kept);
            double[][] added = Vectors.product(m, weighted);
            for (int i = 0; i < n; i++) {
                Vectors.axpy(1, added[i], next[i]);
            }
            growth = trace(next) / trace(s);
            double scale = 1 / trace(next);
            s = new double[n][n];
            for (int i = 0; i < n; i++) {
                Vectors.axpy(scale, next[i], s[i]);
            }
        }
        return growth;
    }

    private static double trace(double[][] s) {
        double sum = 0;
        for (int i = 0; i < s.length; i++) {
            sum += s[i][i];
        }
        return sum;
    }
}
