package io.plumbline.stability;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.training.Sampling;

/// Z = E[wwᵀ] (r, r), the second moment of θ − θ* in the row space of J, in the coordinates of a [FunctionSpace], which it borrows.
/// In function space it is S = E[uuᵀ] = F Z Fᵀ.
public final class SecondMoment {
    private final FunctionSpace space;
    private final HostBuffer z;

    SecondMoment(FunctionSpace space, HostBuffer z) {
        this.space = space;
        this.z = z;
    }

    /// wwᵀ.
    ///
    /// @throws IllegalArgumentException if w does not have r entries
    public static SecondMoment of(FunctionSpace space, double... w) {
        int r = space.rank();
        if (w.length != r) {
            throw new IllegalArgumentException("second moment: found " + w.length + " coordinates, expected " + r + ", the rank");
        }
        return new SecondMoment(space, filled(r, (a, b) -> w[a] * w[b]));
    }

    /// I: all directions of the row space alike.
    public static SecondMoment isotropic(FunctionSpace space) {
        return new SecondMoment(space, filled(space.rank(), (a, b) -> a == b ? 1 : 0));
    }

    private interface Entry {
        double at(int a, int b);
    }

    private static HostBuffer filled(int r, Entry entry) {
        HostBuffer z = HostBuffer.collected(Precision.F64, (long) r * r);
        for (int a = 0; a < r; a++) {
            for (int b = 0; b < r; b++) {
                z.set((long) a * r + b, entry.at(a, b));
            }
        }
        return z;
    }

    FunctionSpace space() {
        return space;
    }

    /// Z_ab.
    public double get(int a, int b) {
        return z.get((long) a * space.rank() + b);
    }

    HostBuffer entries() {
        return z;
    }

    /// E[L] = ½ Tr(ΛZ) = Tr S/(2n).
    public double loss() {
        double[] lambda = space.lambda();
        double sum = 0;
        for (int a = 0; a < lambda.length; a++) {
            sum += lambda[a] * get(a, a) / 2;
        }
        return sum;
    }

    /// After one step of SGD at learning rate η, exactly:
    ///
    /// Z ↦ Z − η(ΛZ + ZΛ) + η²[(1−q) ΛZΛ + (q/n) Σ_i F_iᵀ(F_i Z F_iᵀ)F_i],
    ///
    /// which is S ↦ (I−η𝒦)S(I−η𝒦) + qη²[M·diag(S)·M/n − 𝒦S𝒦] in function space (K = 1).
    ///
    /// @param q noise scale, [Sampling#noiseScale]
    public SecondMoment step(double q, double eta) {
        double[] lambda = space.lambda();
        HostBuffer next = space.blocks().assembled(
                space.blocks().restrict(z),
                (a, b, value) -> get(a, b) * (1 - eta * (lambda[a] + lambda[b]) + eta * eta * (1 - q) * lambda[a] * lambda[b])
                        + eta * eta * q / space.examples() * value);
        return new SecondMoment(space, next);
    }

    /// c·Z.
    SecondMoment times(double c) {
        return new SecondMoment(space, filled(space.rank(), (a, b) -> c * get(a, b)));
    }
}
