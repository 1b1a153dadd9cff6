package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Supplier;

/// All quantities of a problem as one backend computes them, or what it threw instead.
final class Results {
    private final Map<Quantity, Supplier<double[]>> outcomes = new EnumMap<>(Quantity.class);

    Results(Problem problem, Backend backend) {
        try (var setting = new Setting(problem, backend)) {
            for (Quantity quantity : Quantity.values()) {
                outcomes.put(quantity, outcome(setting, quantity));
            }
        }
    }

    private static Supplier<double[]> outcome(Setting setting, Quantity quantity) {
        try {
            double[] entries = setting.entries(quantity);
            return () -> entries;
        } catch (RuntimeException thrown) {
            return () -> {
                throw thrown;
            };
        } catch (AssertionError | LinkageError thrown) {
            return () -> {
                throw thrown;
            };
        }
    }

    /// The entries.
    double[] of(Quantity quantity) {
        return outcomes.get(quantity).get();
    }
}
