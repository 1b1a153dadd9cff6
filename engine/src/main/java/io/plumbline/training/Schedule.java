package io.plumbline.training;

import java.util.Locale;

/// The learning rate η_t of step t = 0, 1, …, from the rate η that is asked for.
///
/// | text | η_t |
/// |---|---|
/// | `constant` | η |
/// | `step:F:T` | η·F^⌊t/T⌋ |
/// | `cyclical:F:T` | η·(F + (1 − F)·(1 − \|2(t mod T)/T − 1\|)): from η·F up to η at T/2 and down again (triangular; Smith 2017, arXiv 1506.01186) |
///
/// @param factor F, in (0, 1]; 1 for `constant`
/// @param period T, at least 1; 1 for `constant`
public record Schedule(Kind kind, double factor, long period) {
    /// η for ever.
    public static final Schedule CONSTANT = new Schedule(Kind.CONSTANT, 1, 1);

    /// The forms.
    public enum Kind {
        CONSTANT, STEP, CYCLICAL
    }

    /// @throws IllegalArgumentException if F or T is out of range
    public Schedule {
        if (!(factor > 0 && factor <= 1)) {
            throw new IllegalArgumentException("schedule: factor is " + factor + ", expected above 0, at most 1");
        }
        if (period < 1) {
            throw new IllegalArgumentException("schedule: period is " + period + " steps, expected at least 1");
        }
    }

    /// Reads a schedule.
    ///
    /// @throws IllegalArgumentException if it is none
    public static Schedule parse(String text) {
        if (text.equals(CONSTANT.toString())) {
            return CONSTANT;
        }
        String[] parts = text.split(":", -1);
        for (Kind kind : new Kind[] {Kind.STEP, Kind.CYCLICAL}) {
            if (parts.length == 3 && parts[0].equals(name(kind))) {
                try {
                    return new Schedule(kind, Double.parseDouble(parts[1]), Long.parseLong(parts[2]));
                } catch (NumberFormatException malformed) {
                    break;
                }
            }
        }
        throw new IllegalArgumentException("schedule: found '" + text + "', expected constant, step:FACTOR:STEPS or cyclical:FACTOR:STEPS");
    }

    /// η_t.
    double rate(double learningRate, long step) {
        return switch (kind) {
            case CONSTANT -> learningRate;
            case STEP -> {
                long cuts = step / period;
                yield learningRate * StrictMath.pow(factor, (double) cuts);
            }
            case CYCLICAL -> {
                double phase = (double) (step % period) / period;
                yield learningRate * (factor + (1 - factor) * (1 - Math.abs(2 * phase - 1)));
            }
        };
    }

    private static String name(Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /// What [#parse] reads.
    @Override
    public String toString() {
        return name(kind) + (kind == Kind.CONSTANT ? "" : ":" + factor + ":" + period);
    }
}
