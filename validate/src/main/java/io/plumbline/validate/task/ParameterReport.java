package io.plumbline.validate.task;

import io.plumbline.network.Network;
import java.io.IOException;
import java.util.List;

/// The layout of θ; its JSON is `plumbline.parameters/1`.
///
/// @param input      shape of an example
/// @param outputs    K
/// @param parameters p, the length of θ
/// @param frozen     numbers that are not trained
/// @param list       the arrays: in θ's order, frozen ones where they were declared
public record ParameterReport(String schema, String model, int[] input, int outputs, long parameters, long frozen, List<Entry> list) {
    /// One array.
    ///
    /// @param offset index in θ of its first entry; null if it is frozen
    public record Entry(String name, int[] shape, Long offset, int count, boolean trainable) {}

    /// Reads or builds the network.
    ///
    /// @throws IOException if the ONNX file cannot be read or understood
    /// @throws IllegalArgumentException if the name or an option is wrong
    public static ParameterReport of(Model model) throws IOException {
        Network network = model.network();
        model.theta(network);
        var list = network.parameters().stream()
                .map(one -> new Entry(one.name(), one.shape().toArray(), one.trainable() ? one.offset() : null, one.count(), one.trainable()))
                .toList();
        return new ParameterReport(
                "plumbline.parameters/1",
                model.name(),
                network.input().toArray(),
                network.outputs(),
                network.parameterCount(),
                network.frozenValues().length(),
                list);
    }
}
