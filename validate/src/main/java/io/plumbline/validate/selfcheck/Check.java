package io.plumbline.validate.selfcheck;

import com.fasterxml.jackson.annotation.JsonInclude;

/// One check: the entry that used up most of its bound, and whether it kept it.
///
/// @param precision `f32` or `f64`
/// @param group     see [Group]
/// @param subject   the primitive, the identity or the network; a line of the table that people read
/// @param name      which form of the primitive, which quantity of the network
/// @param sizes     shapes or counts
/// @param error     |found − expected| of that entry; null if it is no number
/// @param bound     that entry's bound; 0 where bits must be equal, null if it is no number
/// @param passed    error ≤ bound, and nothing else is wrong
/// @param reason    what else is wrong, or what was thrown; null if nothing
public record Check(
        String precision,
        Group group,
        String subject,
        String name,
        String sizes,
        Double error,
        Double bound,
        boolean passed,
        @JsonInclude(JsonInclude.Include.NON_NULL) String reason) {
    static Check of(String precision, Item item, Deviation deviation) {
        return new Check(precision, item.group(), item.subject(), item.name(), item.sizes(), finite(deviation.error()), finite(deviation.bound()),
                deviation.passed(), deviation.reason());
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /// Error divided by bound: at most 1 if passed. An error where there is no room for one, or that is no number, is infinitely much.
    public double share() {
        if (error == null || bound == null) {
            return Double.POSITIVE_INFINITY;
        }
        return Deviation.share(error, bound);
    }
}
