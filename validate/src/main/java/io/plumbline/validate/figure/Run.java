package io.plumbline.validate.figure;

import io.plumbline.validate.task.EscapeRequest;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.TrainRequest;
import java.util.List;
import java.util.Set;

/// Work that figures draw from, described by plain data. Figures may share one: two that are equal are computed once.
sealed interface Run {
    /// What its folder is called, and progress.
    String name();

    /// Descents with a trace. Their folder is chosen by what runs them.
    record Descents(String name, TrainRequest request) implements Run {}

    /// SGD from where gradient descent nearly converged.
    record Escape(String name, EscapeRequest request) implements Run {}

    /// Figures where a replica of `of` ended.
    record End(Descents of, int replica, Set<Quantity> quantities) implements Run {
        public End {
            quantities = Set.copyOf(quantities);
        }

        @Override
        public String name() {
            return of.name() + "-" + replica + "-end";
        }
    }

    /// Thresholds and bounds of linearised SGD, with replacement, where a replica of `of` ended.
    record Thresholds(Descents of, int replica, List<Integer> batchSizes) implements Run {
        public Thresholds {
            batchSizes = List.copyOf(batchSizes);
        }

        @Override
        public String name() {
            return of.name() + "-" + replica + "-thresholds";
        }
    }
}
