package io.plumbline.validate.claim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// The register of claims.
public final class Claims {
    private static final Map<String, Claim> REGISTER = register(
            new Equation2(),
            new Lemma22(),
            new Proposition23(),
            new Lemma24(),
            new Proposition25(),
            new Lemma32(),
            new Theorem33(),
            new Proposition34(),
            new GradientDescentBound(),
            new Theorem35(),
            new Lemma36(),
            new IsotropicNoise(),
            new ExactThreshold(),
            new TraceBound(),
            new DirectionalAlignmentClaim(),
            new BatchSharpnessEdge(),
            new Coherence(),
            new PowerLaw());
    private static final double NANOS = 1e9;

    private Claims() {}

    private static Map<String, Claim> register(Claim... claims) {
        var register = new LinkedHashMap<String, Claim>();
        for (Claim claim : claims) {
            register.put(claim.id(), claim);
        }
        return register;
    }

    /// All claims in the register's order.
    public static List<Claim> all() {
        return List.copyOf(REGISTER.values());
    }

    /// The claim called `id`.
    ///
    /// @throws IllegalArgumentException if there is none: lists those there are
    public static Claim byId(String id) {
        Claim claim = REGISTER.get(id);
        if (claim == null) {
            throw new IllegalArgumentException("claim: found " + id + ", expected one of " + String.join(", ", REGISTER.keySet()));
        }
        return claim;
    }

    /// Runs the claims with these ids, each once, all if `ids` is empty; progress counts their trials.
    ///
    /// @throws IllegalArgumentException if an id is unknown, before anything is run
    public static List<ClaimResult> run(List<String> ids, Experiment experiment) {
        var chosen = ids.isEmpty() ? all() : new LinkedHashSet<>(ids).stream().map(Claims::byId).toList();
        return runAll(chosen, experiment);
    }

    static List<ClaimResult> runAll(List<Claim> claims, Experiment experiment) {
        var trials = claims.stream().collect(Collectors.toMap(claim -> claim, claim -> claim.trials(experiment)));
        int total = trials.values().stream().mapToInt(List::size).sum();
        int[] done = {0};
        experiment.progress().at(0, total);
        var results = new ArrayList<ClaimResult>();
        for (Claim claim : claims) {
            long from = System.nanoTime();
            Outcome outcome = Outcome.of(claim, experiment, trials.get(claim), () -> experiment.progress().at(++done[0], total));
            results.add(ClaimResult.of(claim, outcome, seconds(from)));
        }
        return results;
    }

    private static double seconds(long fromNanos) {
        return (System.nanoTime() - fromNanos) / NANOS;
    }
}
