package io.plumbline.stability;

import io.plumbline.alignment.Figure;
import java.util.Arrays;

/// By how much the loss of observed trajectories grows, or falls, a step: what [GrowthRate] says of E[L] in the linearised model, seen in the true one.
///
/// With L̄_t the mean over trajectories, log L̄_t is fitted by a line in t, by least squares, over a window from the first look to where L̄_t first reaches
/// √(L̄_0·max L̄), half of its rise in logarithms: later on, the loss is no longer that of the linearised model. Where L̄ never rises to 10·L̄_0, the window is all up to the first
/// divergence.
///
/// L_t is heavy-tailed: few trajectories carry its mean. The standard error is the jackknife's over trajectories and knows only of those that were seen.
/// `typical` is what happens to most: exp of the mean slope of the trajectories' own log L_t, never above the mean's growth in expectation (Jensen).
///
/// @param mean     growth of L̄ a step
/// @param typical  growth of a trajectory a step
/// @param lastStep of the window, which begins with the first look
/// @param looks    in the window
/// @param escaped  trajectories whose loss rose to ten times its first value, at some look
public record EscapeRate(Figure mean, Figure typical, long lastStep, int looks, int escaped) {
    /// A line through fewer has no residual to speak of.
    private static final int FEWEST_LOOKS = 3;
    private static final double ESCAPED = 10;
    private static final String LEAST_SQUARES = "least-squares";

    /// @param steps  of the looks, ascending
    /// @param losses (trajectories, looks): L, not finite from where a trajectory diverged on
    /// @throws IllegalArgumentException if there is no trajectory or no look, rows do not have a loss for each look, or a first loss is not finite
    public static EscapeRate of(long[] steps, double[][] losses) {
        if (losses.length == 0 || steps.length == 0) {
            throw new IllegalArgumentException(
                    "escape: found " + losses.length + " trajectories and " + steps.length + " looks, expected at least 1 of each");
        }
        for (int r = 0; r < losses.length; r++) {
            if (losses[r].length != steps.length || !Double.isFinite(losses[r][0])) {
                throw new IllegalArgumentException(
                        "escape: trajectory " + r + " has " + losses[r].length + " losses, the first " + losses[r][0] + ", expected "
                                + steps.length + ", the first one finite");
            }
        }
        double[] sums = new double[steps.length];
        for (int t = 0; t < sums.length; t++) {
            for (double[] trajectory : losses) {
                sums[t] += trajectory[t];
            }
        }
        int escaped = (int) Arrays.stream(losses).filter(EscapeRate::escapes).count();
        int looks = window(sums);
        long last = steps[looks - 1];
        String why = looks < FEWEST_LOOKS
                ? "the loss rises too fast: " + looks + " looks until half of its rise, expected at least " + FEWEST_LOOKS + "; look more often"
                : Arrays.stream(sums, 0, looks).allMatch(sum -> sum > 0) ? null : "a mean loss is 0";
        if (why != null) {
            Figure none = Figure.undefined(why, LEAST_SQUARES);
            return new EscapeRate(none, none, last, looks, escaped);
        }
        double[] t = Arrays.stream(steps, 0, looks).mapToDouble(step -> step).toArray();
        return new EscapeRate(mean(t, sums, losses), typical(t, losses), last, looks, escaped);
    }

    /// Growth a step of other losses at the same looks, over the same window.
    ///
    /// @throws IllegalArgumentException if the window has too few looks, or one of the losses in it is not positive
    public double sameWindow(long[] steps, double... others) {
        if (looks < FEWEST_LOOKS || Arrays.stream(others, 0, looks).anyMatch(loss -> !(loss > 0))) {
            throw new IllegalArgumentException("escape: " + looks + " looks, expected at least " + FEWEST_LOOKS + " with positive losses");
        }
        double[] t = Arrays.stream(steps, 0, looks).mapToDouble(step -> step).toArray();
        return Math.exp(slope(t, Arrays.stream(others, 0, looks).map(Math::log).toArray()));
    }

    /// L̄ and what it grows to are compared as sums. Looks in the window: those with finite sums only.
    private static int window(double[] sums) {
        int finite = 0;
        double largest = 0;
        while (finite < sums.length && Double.isFinite(sums[finite])) {
            largest = Math.max(largest, sums[finite++]);
        }
        if (!(largest >= ESCAPED * sums[0])) {
            return finite;
        }
        double middle = Math.sqrt(sums[0]) * Math.sqrt(largest);
        int looks = 1;
        while (sums[looks - 1] < middle) {
            looks++;
        }
        return looks;
    }

    private static Figure mean(double[] t, double[] sums, double[][] losses) {
        double[] logs = new double[t.length];
        Arrays.setAll(logs, look -> Math.log(sums[look]));
        double growth = Math.exp(slope(t, logs));
        int count = losses.length;
        if (count < 2) {
            return Figure.exact(growth, LEAST_SQUARES);
        }
        double[] without = new double[count];
        for (int r = 0; r < count; r++) {
            double[] trajectory = losses[r];
            Arrays.setAll(logs, look -> Math.log(sums[look] - trajectory[look]));
            without[r] = Math.exp(slope(t, logs));
        }
        double center = Arrays.stream(without).average().orElseThrow();
        double squares = Arrays.stream(without).map(value -> (value - center) * (value - center)).sum();
        return Figure.estimated(growth, Math.sqrt((count - 1.0) / count * squares), LEAST_SQUARES, count);
    }

    private static Figure typical(double[] t, double[][] losses) {
        int count = losses.length;
        double[] slopes = new double[count];
        for (int r = 0; r < count; r++) {
            double[] logs = Arrays.stream(losses[r], 0, t.length).map(Math::log).toArray();
            slopes[r] = slope(t, logs);
        }
        double mean = Arrays.stream(slopes).average().orElseThrow();
        if (!Double.isFinite(mean)) {
            return Figure.undefined("a trajectory's loss is 0", LEAST_SQUARES);
        }
        double squares = Arrays.stream(slopes).map(value -> (value - mean) * (value - mean)).sum();
        double error = count < 2 ? 0 : Math.exp(mean) * Math.sqrt(squares / (count * (count - 1.0)));
        return Figure.estimated(Math.exp(mean), error, LEAST_SQUARES, count);
    }

    private static boolean escapes(double[] trajectory) {
        return Arrays.stream(trajectory).anyMatch(loss -> !(loss < ESCAPED * trajectory[0]) && !(loss == 0));
    }

    /// Σ (t − t̄)(y − ȳ) / Σ (t − t̄)².
    private static double slope(double[] t, double[] y) {
        double center = Arrays.stream(t).average().orElseThrow();
        double numerator = 0;
        double denominator = 0;
        for (int i = 0; i < t.length; i++) {
            numerator += (t[i] - center) * y[i];
            denominator += (t[i] - center) * (t[i] - center);
        }
        return numerator / denominator;
    }
}
