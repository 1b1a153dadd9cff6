package io.plumbline.validate.task;

import java.util.Set;

/// Which figures of which problem.
///
/// @param estimation   how what is not exact is estimated
/// @param perExample   whether χ_i and ‖∇L_i‖ are wanted for each example
/// @param traceExample whose way through the engine is wanted; null for none
public record MeasureRequest(Model model, Data data, Resources resources, Set<Quantity> quantities, Estimation estimation, boolean perExample,
        Integer traceExample) {
    public MeasureRequest {
        quantities = Set.copyOf(quantities);
    }
}
