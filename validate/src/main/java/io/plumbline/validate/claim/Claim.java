package io.plumbline.validate.claim;

import java.util.List;
import java.util.Optional;

/// A theorem, lemma or proposition, made into experiments. An implementation says what is measured; running and judging are the same for all
/// ([Claims], [Verdict]).
public interface Claim {
    /// What the command line calls it: `lemma-2.2`.
    String id();

    /// What it asserts, with its formula, in plain text.
    String statement();

    /// The same as TeX that KaTeX reads, in display style.
    String formula();

    /// What it takes for granted.
    String assumptions();

    /// Where it is from: the paper's number.
    String source();

    /// Where the claim as printed cannot be what is meant, and what is tried in its stead.
    default Optional<String> note() {
        return Optional.empty();
    }

    /// The experiments, independent of each other. Nothing is computed before a trial is run.
    List<Trial> trials(Experiment experiment);

    /// One model on one data set, say.
    interface Trial {
        /// Measures.
        ///
        /// @throws ArithmeticException if a number is not finite or an iteration does not converge: the trial is INVALID
        /// @throws UnmetAssumptionException if what was built does not meet the claim's assumptions: the trial is INVALID
        List<Measurement> measure();
    }

    /// What a trial drew or was given is nothing that the claim speaks of.
    final class UnmetAssumptionException extends RuntimeException {
        private static final long serialVersionUID = 1;

        public UnmetAssumptionException(String message) {
            super(message);
        }
    }

    /// Runs all trials.
    default Outcome run(Experiment experiment) {
        return Outcome.of(this, experiment, trials(experiment), () -> {});
    }
}
