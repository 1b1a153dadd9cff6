package io.plumbline.validate;

import io.plumbline.validate.task.Estimation;
import io.plumbline.validate.task.Estimator;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// How figures that are not exact are estimated.
final class EstimationOptions {
    @Option(
            names = "--estimator",
            paramLabel = "HOW",
            description = "How the hessian figures and the top eigenvalue of G are found: auto (exact where small, else deflated), exact (or not at all), hutchinson "
                    + "(plain probes), deflated (dominant directions exactly, probes for the rest: deflated-hutchinson and hutch++) or xtrace (for the trace); "
                    + "lanczos for eigenvalues (default: ${DEFAULT-VALUE}).",
            defaultValue = "auto",
            converter = EstimatorConverter.class)
    private Estimator estimator;

    @Option(
            names = "--probes",
            paramLabel = "N",
            description = "Random vectors of an estimate, a third of which sketch where it is deflated (default: 30); starts of a spectral density (default: 8).")
    private Integer probes;

    @Option(
            names = "--relative-error",
            paramLabel = "E",
            description = "Plan the probes for trace and Frobenius norm so that each is within this share of its value with probability 0.95, with a pilot of 16 probes "
                    + "and at most --probes in all (then default: 1,000): 0.01, say.")
    private Double relativeError;

    @Option(
            names = "--alignment",
            paramLabel = "HOW",
            description = "How the alignment, fisher and noise figures are found: exact, by one pass over all pairs of examples, or probes, by products of G and S with "
                    + "--probes common random vectors, for data whose pairs are too many: alpha, beta, mu, mu1, mu2 with jackknife errors, no gamma "
                    + "(default: ${DEFAULT-VALUE}).",
            defaultValue = "exact",
            converter = AlignmentConverter.class)
    private Alignment alignment;

    enum Alignment {
        EXACT, PROBES
    }

    Estimation estimation() {
        return new Estimation(estimator, probes, relativeError, alignment == Alignment.PROBES);
    }

    /// Reads the value of `--alignment`.
    static final class AlignmentConverter implements ITypeConverter<Alignment> {
        @Override
        public Alignment convert(String text) {
            return switch (text) {
                case "exact" -> Alignment.EXACT;
                case "probes" -> Alignment.PROBES;
                default -> throw new TypeConversionException("found '" + text + "', expected exact or probes");
            };
        }
    }

    /// Reads the value of `--estimator`.
    static final class EstimatorConverter implements ITypeConverter<Estimator> {
        @Override
        public Estimator convert(String text) {
            return Estimator.parse(text);
        }
    }
}
