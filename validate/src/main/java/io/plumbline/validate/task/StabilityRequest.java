package io.plumbline.validate.task;

import io.plumbline.training.Sampling;
import java.util.List;

/// Thresholds and bounds of linearised SGD: of a model at a point on data, or of a Gram matrix.
///
/// @param model      null for a Gram matrix
/// @param data       null for a Gram matrix
/// @param gram       a .npy file with M (nK, nK); null for a model
/// @param outputs    K of the Gram matrix; the model says its own
/// @param batchSizes B, in the order of the results
public record StabilityRequest(
        Model model, Data data, String gram, int outputs, List<Integer> batchSizes, Sampling sampling, Resources resources) {
    public StabilityRequest {
        batchSizes = List.copyOf(batchSizes);
        if ((gram == null) == (model == null) || (model == null) != (data == null)) {
            throw new IllegalArgumentException("stability: expected a model and data, or a Gram matrix");
        }
        if (outputs < 1) {
            throw new IllegalArgumentException("outputs: found " + outputs + ", expected at least 1");
        }
        if (batchSizes.isEmpty()) {
            throw new IllegalArgumentException("batch size: found none, expected at least one");
        }
    }

    /// Of a model at a point on data.
    public static StabilityRequest of(Model model, Data data, List<Integer> batchSizes, Sampling sampling, Resources resources) {
        return new StabilityRequest(model, data, null, 1, batchSizes, sampling, resources);
    }

    /// Of M in a file.
    public static StabilityRequest of(String gram, int outputs, List<Integer> batchSizes, Sampling sampling, Resources resources) {
        return new StabilityRequest(null, null, gram, outputs, batchSizes, sampling, resources);
    }
}
