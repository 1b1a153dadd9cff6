package io.plumbline.validate.claim;

/// What Σ, G and L of a linear model f = wᵀx need to know of the law of x, or of a sample, at one w with residual r = (w − wˢ)ᵀx:
/// E[r²], E[r x], E[xxᵀ], E[r² xxᵀ], as weighted sums.
///
/// In w: L = ½E[r²], ∇L = E[r x], G = E[xxᵀ], Σ₁ = E[r² xxᵀ]. In θ with w = F(θ) they are conjugated by ∂F; with the metric W = ∂F∂Fᵀ,
/// Tr(Σ_θ G_θ) = Tr(Σ W G W).
final class LinearMoments {
    private final int d;
    private double weight;
    private double squaredResidual;
    private final double[] gradient;
    private final double[][] second;
    private final double[][] weighted;

    LinearMoments(int d) {
        this.d = d;
        this.gradient = new double[d];
        this.second = new double[d][d];
        this.weighted = new double[d][d];
    }

    /// Those of N(0, S) with r = eᵀx (Isserlis 1918): E[r² xxᵀ] = (eᵀSe) S + 2 Se eᵀS, the first term times c, where 1 is right.
    static LinearMoments gaussian(double[] s, double[] e, double c) {
        var moments = new LinearMoments(e.length);
        moments.weight = 1;
        for (int i = 0; i < e.length; i++) {
            for (int j = 0; j < e.length; j++) {
                moments.second[i][j] = s[i * e.length + j];
            }
        }
        for (int i = 0; i < e.length; i++) {
            moments.gradient[i] = Vectors.dot(moments.second[i], e);
        }
        moments.squaredResidual = Vectors.dot(e, moments.gradient);
        for (int i = 0; i < e.length; i++) {
            for (int j = 0; j < e.length; j++) {
                moments.weighted[i][j] = c * moments.squaredResidual * moments.second[i][j] + 2 * moments.gradient[i] * moments.gradient[j];
            }
        }
        return moments;
    }

    /// Adds one x of this weight.
    void add(double[] x, double residual, double weight) {
        this.weight += weight;
        squaredResidual += weight * residual * residual;
        Vectors.axpy(weight * residual, x, gradient);
        for (int i = 0; i < d; i++) {
            Vectors.axpy(weight * x[i], x, second[i]);
            Vectors.axpy(weight * residual * residual * x[i], x, weighted[i]);
        }
    }

    /// Adds another's sums.
    void add(LinearMoments other) {
        weight += other.weight;
        squaredResidual += other.squaredResidual;
        Vectors.axpy(1, other.gradient, gradient);
        for (int i = 0; i < d; i++) {
            Vectors.axpy(1, other.second[i], second[i]);
            Vectors.axpy(1, other.weighted[i], weighted[i]);
        }
    }

    /// The sum of all but number `without` (−1 leaves none out).
    static LinearMoments sum(LinearMoments[] all, int without) {
        var sum = new LinearMoments(all[0].d);
        for (int s = 0; s < all.length; s++) {
            if (s != without) {
                sum.add(all[s]);
            }
        }
        return sum;
    }

    /// μ = Tr(ΣG)/(2L‖G‖_F²).
    double mu(double[][] metric) {
        return ratio(noise(), metric);
    }

    /// μ₁ = Tr(Σ₁G)/(2L‖G‖_F²).
    double mu1(double[][] metric) {
        return ratio(mean(weighted), metric);
    }

    /// ‖Σ‖_F.
    double noiseFrobenius(double[][] metric) {
        return Math.sqrt(trace(noise(), noise(), metric));
    }

    /// ‖Σ − Σ′‖_F/‖2L′G′‖_F, the other's Σ′, L′ and G′.
    double deviation(LinearMoments other, double[][] metric) {
        double[][] difference = noise();
        double[][] theirs = other.noise();
        for (int i = 0; i < d; i++) {
            Vectors.axpy(-1, theirs[i], difference[i]);
        }
        double[][] g = other.mean(other.second);
        double twoLoss = other.squaredResidual / other.weight;
        return Math.sqrt(Math.max(0, trace(difference, difference, metric))) / (twoLoss * Math.sqrt(trace(g, g, metric)));
    }

    private double ratio(double[][] covariance, double[][] metric) {
        double[][] g = mean(second);
        return trace(covariance, g, metric) / (squaredResidual / weight * trace(g, g, metric));
    }

    /// Σ = E[r² xxᵀ] − ∇L∇Lᵀ.
    private double[][] noise() {
        double[][] noise = mean(weighted);
        for (int i = 0; i < d; i++) {
            Vectors.axpy(-gradient[i] / (weight * weight), gradient, noise[i]);
        }
        return noise;
    }

    private double[][] mean(double[][] sums) {
        double[][] mean = new double[d][d];
        for (int i = 0; i < d; i++) {
            Vectors.axpy(1 / weight, sums[i], mean[i]);
        }
        return mean;
    }

    /// Tr(A W B W), all symmetric.
    private static double trace(double[][] a, double[][] b, double[][] metric) {
        double[][] aw = Vectors.product(a, metric);
        double[][] bw = a == b ? aw : Vectors.product(b, metric);
        double trace = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                trace += aw[i][j] * bw[j][i];
            }
        }
        return trace;
    }
}
