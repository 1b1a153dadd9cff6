package io.plumbline.flatness;

/// Mean and variance of numbers, one after the other (Welford 1962: no cancellation).
final class Sample {
    private int count;
    private double mean;
    private double squares;

    void add(double value) {
        count++;
        double deviation = value - mean;
        mean += deviation / count;
        squares += deviation * (value - mean);
    }

    static Sample of(double... values) {
        var sample = new Sample();
        for (double value : values) {
            sample.add(value);
        }
        return sample;
    }

    int count() {
        return count;
    }

    double mean() {
        return mean;
    }

    /// Σ(x − mean)²/(count − 1).
    double variance() {
        return squares / (count - 1);
    }

    /// Of the mean.
    double standardError() {
        return Math.sqrt(variance() / count);
    }
}
