package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import java.util.List;
import java.util.stream.IntStream;

/// Axes in another order: axis a of the result is axis order[a] of the operand.
///
/// @param order a permutation of the axes, that of the examples left out
public record Transpose(List<Integer> order) implements Strided {
    public Transpose {
        order = List.copyOf(order);
        if (!order.stream().sorted().toList().equals(IntStream.range(0, order.size()).boxed().toList())) {
            throw new IllegalArgumentException("Transpose: " + order + ", expected a permutation of axes");
        }
    }

    @Override
    public String name() {
        return "Transpose";
    }

    @Override
    public Shape result(Shape operand) {
        if (operand.rank() != order.size()) {
            throw new IllegalArgumentException("an operand of " + order.size() + " axes");
        }
        return Shape.of(order.stream().mapToInt(operand::dimension).toArray());
    }

    @Override
    public StridedMap map(Shape operand) {
        int[] own = Strides.of(operand);
        Shape result = result(operand);
        return Strides.map(0, 0, result.toArray(), order.stream().mapToInt(axis -> own[axis]).toArray(), Strides.of(result));
    }
}
