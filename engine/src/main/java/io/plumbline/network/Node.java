package io.plumbline.network;

import io.plumbline.layer.Layer;
import io.plumbline.layer.Operand;
import java.util.List;

/// One use of a layer in a network.
///
/// @param name   for messages
/// @param layer  what it computes
/// @param inputs its operands, as values of the network (see [Network])
/// @param output what its result looks like
public record Node(String name, Layer layer, List<Integer> inputs, Operand output) {
    public Node {
        inputs = List.copyOf(inputs);
    }
}
