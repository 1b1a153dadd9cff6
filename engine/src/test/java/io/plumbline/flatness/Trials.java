package io.plumbline.flatness;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.LongFunction;

/// What an estimator says for many seeds, held against the exact value.
///
/// @param bias     mean error, in standard errors of that mean
/// @param power    2 % of the exact value in the same unit
/// @param coverage share of seeds whose 95 % interval holds the exact value
/// @param rms      root of the mean squared error
record Trials(String name, double bias, double power, double coverage, double rms) {
    /// Standard errors that a mean over fixed seeds may be off.
    private static final double ALLOWED = 4;
    /// 1,000 intervals of 95 % miss this range with probability 10⁻⁵.
    static final double FEWEST = 0.92;
    static final double MOST = 0.98;

    /// @param freedom of the reported standard errors
    static Trials of(String name, int seeds, int freedom, double exact, LongFunction<Estimate> estimator) {
        double t = StudentT.quantile975(freedom);
        var errors = new Sample();
        int covered = 0;
        double squares = 0;
        for (long seed = 0; seed < seeds; seed++) {
            Estimate estimate = estimator.apply(seed);
            double error = estimate.value() - exact;
            errors.add(error);
            squares += error * error;
            covered += Math.abs(error) <= t * estimate.standardError() + rounding(exact) ? 1 : 0;
        }
        double unit = Math.max(errors.standardError(), rounding(exact));
        return new Trials(name, errors.mean() / unit, 0.02 * Math.abs(exact) / unit, (double) covered / seeds, Math.sqrt(squares / seeds));
    }

    /// What is left of an exact answer in double: some 10³ sums of numbers like it.
    private static double rounding(double exact) {
        return 1e-12 * Math.abs(exact);
    }

    /// Unbiased, while 2 % more would be found.
    Trials unbiased() {
        assertTrue(Math.abs(bias) <= ALLOWED, () -> "biased: " + this);
        assertTrue(Math.abs(bias + power) > ALLOWED && Math.abs(bias - power) > ALLOWED, () -> "2 % are not seen: " + this);
        return this;
    }

    Trials covered() {
        assertTrue(coverage >= FEWEST && coverage <= MOST, () -> "intervals do not cover: " + this);
        return this;
    }
}
