package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;

/// What was written to a .npy file; its JSON is `plumbline.product/1` or `plumbline.gram/1`.
///
/// @param elapsedSeconds from opening the files to the written one
/// @param peakBytes      the process's largest resident memory so far
/// @param operator       of a product
/// @param out            the file
/// @param shape          of the array in it
/// @param frobenius      √ of the sum of its squared entries
public record ArrayReport(
        String schema,
        String device,
        String precision,
        long seed,
        double elapsedSeconds,
        long peakBytes,
        int examples,
        int outputs,
        long parameters,
        @JsonInclude(JsonInclude.Include.NON_NULL) Operator operator,
        String out,
        long[] shape,
        double frobenius) {
    static ArrayReport of(String schema, Session session, Model model, Operator operator, String out, long[] shape, double frobenius) {
        return new ArrayReport(
                schema,
                session.backend().name(),
                session.backend().arithmetic().label(),
                model.seed(),
                session.elapsedSeconds(),
                Session.peakBytes(),
                session.dataset().examples(),
                session.network().outputs(),
                session.network().parameterCount(),
                operator,
                out,
                shape,
                frobenius);
    }
}
