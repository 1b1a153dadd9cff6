package io.plumbline.validate.claim;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/// An estimate and its standard error.
record Estimate(double value, double standardError) {
    /// The mean of independent values of one law, at least 2.
    static Estimate mean(double... values) {
        double mean = Arrays.stream(values).average().orElseThrow();
        double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
        return new Estimate(mean, Math.sqrt(squares / (values.length * (values.length - 1.0))));
    }

    /// The jackknife over g independent groups (Quenouille 1956, Tukey 1958): value gT − (g−1)·mean T₍ᵢ₎, free of the bias of order 1/g, and
    /// squared error (g−1)/g · Σ (T₍ᵢ₎ − mean)².
    ///
    /// @param statistic T with group i left out, or with all groups for −1
    static Estimate jackknife(int groups, IntToDoubleFunction statistic) {
        double[] without = new double[groups];
        Arrays.setAll(without, statistic);
        double mean = Arrays.stream(without).average().orElseThrow();
        double squares = Arrays.stream(without).map(value -> (value - mean) * (value - mean)).sum();
        double value = groups * statistic.applyAsDouble(-1) - (groups - 1) * mean;
        return new Estimate(value, Math.sqrt(squares * (groups - 1) / groups));
    }
}
