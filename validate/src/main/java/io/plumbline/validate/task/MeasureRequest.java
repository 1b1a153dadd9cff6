package io.plumbline.validate.task;

import java.util.Set;

/// Which figures of which problem.
///
/// @param perExample whether χ_i and ‖∇L_i‖ are wanted for each example
public record MeasureRequest(Model model, Data data, Resources resources, Set<Quantity> quantities, boolean perExample) {
    public MeasureRequest {
        quantities = Set.copyOf(quantities);
    }
}
