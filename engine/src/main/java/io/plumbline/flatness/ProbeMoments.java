package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.flatness.Probes.Law;

/// What probes v tell of A(I − P), P = QᵀQ projecting on a basis (or 0 without one): with x = (I − P)v the numbers xᵀAx, of expectation Tr((I−P)A(I−P)), and ‖Ax‖²,
/// of expectation ‖A(I−P)‖_F². One product a probe. A is applied to x itself, not subtracted from afterwards, so that what was projected out does not come
/// back as rounding.
final class ProbeMoments {
    private final SymmetricOperator a;
    private final Basis basis;
    private final Workspace workspace;
    private final long seed;
    private final Law law;
    private final Sample trace = new Sample();
    private final Sample squaredFrobenius = new Sample();

    /// @param basis Q, or null
    ProbeMoments(SymmetricOperator a, Basis basis, Workspace workspace, long seed, Law law) {
        this.a = a;
        this.basis = basis;
        this.workspace = workspace;
        this.seed = seed;
        this.law = law;
    }

    private static ProbeMoments draw(ProbeMoments into, String purpose, int count) {
        Backend backend = into.a.backend();
        new Probes(into.seed, purpose, into.law).forEachBlock(0, count, into.a.size(), backend, into.workspace, (first, x) -> {
            if (into.basis != null) {
                into.basis.project(x);
            }
            Tensor y = into.workspace.tensor(x.rows(), x.columns());
            into.a.apply(x, y);
            for (double form : Basis.dots(backend, x, y)) {
                into.trace.add(form);
            }
            for (double square : Basis.dots(backend, y, y)) {
                into.squaredFrobenius.add(square);
            }
        });
        return into;
    }

    /// The mean over as many probes as `effort` says, of which `spent` are gone already.
    ///
    /// @param trace            Tr PAP, known
    /// @param squaredFrobenius ‖AP‖_F², known
    Moments estimate(Effort effort, int spent, long products, double trace, double squaredFrobenius, String traceMethod, String frobeniusMethod) {
        int left = effort.probes() - spent;
        int before = spent;
        int count = left;
        if (effort.hasPilot()) {
            var pilot = draw(new ProbeMoments(a, basis, workspace, seed, law), "pilot", Effort.PILOT);
            before += Effort.PILOT;
            left -= Effort.PILOT;
            double epsilon = effort.relativeError();
            // A relative error of ε in the norm is one of at least 2ε − ε² in its square.
            int forNorm = Effort.afterPilot(pilot.squaredFrobenius, squaredFrobenius, epsilon * (2 - epsilon), left);
            count = Math.max(forNorm, Effort.afterPilot(pilot.trace, trace, epsilon, left));
        }
        draw(this, "probe", count);
        int probes = before + count;
        long all = products + probes - spent;
        return new Moments(
                new Estimate(trace + this.trace.mean(), this.trace.standardError(), traceMethod, probes, all, seed),
                new Estimate(squaredFrobenius + this.squaredFrobenius.mean(), this.squaredFrobenius.standardError(), frobeniusMethod, probes, all,
                        seed));
    }
}
