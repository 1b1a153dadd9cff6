package io.plumbline.network.onnx;

import io.plumbline.data.MalformedFileException;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import io.plumbline.network.onnx.Expression.Applied;
import io.plumbline.network.onnx.Expression.Erf;
import io.plumbline.network.onnx.Expression.Exceeds;
import io.plumbline.network.onnx.Expression.Filled;
import io.plumbline.network.onnx.Expression.Input;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Sequence;
import io.plumbline.network.onnx.Expression.Single;
import io.plumbline.network.onnx.Expression.Transposed;
import io.plumbline.network.onnx.Expression.Weight;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes a network of expressions: of the layers that the output needs, and of the parameters that those need, initialisers in the file's order first.
final class Assembly {
    private final OnnxFile file;
    private final List<Applied> recorded;
    private final Map<String, Integer> order = new HashMap<>();
    private final Set<Expression> needed = Collections.newSetFromMap(new IdentityHashMap<>());
    private final LinkedHashSet<Expression> leaves = new LinkedHashSet<>();

    Assembly(OnnxFile file, Set<String> initializers, List<Applied> recorded) {
        this.file = file;
        this.recorded = recorded;
        for (String name : initializers) {
            order.put(name, order.size());
        }
    }

    Network network(Expression input, Expression output) throws MalformedFileException {
        try {
            need(output);
            for (Applied applied : recorded.reversed()) {
                if (needed.contains(applied)) {
                    applied.inputs.forEach(this::need);
                }
            }
            for (Applied applied : recorded) {
                if (needed.contains(applied)) {
                    applied.inputs.stream().filter(Assembly::isLeaf).forEach(leaves::add);
                }
            }
            if (isLeaf(output)) {
                leaves.add(output);
            }
            return build(input, output);
        } catch (IllegalArgumentException unfit) {
            throw new MalformedFileException(unfit.getMessage().startsWith(file.name) ? unfit.getMessage() : file.name + ": " + unfit.getMessage(),
                    unfit);
        }
    }

    private Network build(Expression input, Expression output) {
        Network.Builder builder = Network.builder(file.name, input.shape());
        var values = new IdentityHashMap<Expression, Value>();
        values.put(input, builder.input());
        var names = new HashMap<String, Integer>();
        for (Expression leaf : leaves.stream().sorted(Comparator.comparingInt(this::place).thenComparing(Assembly::isFrozen)).toList()) {
            if (leaf instanceof Weight weight) {
                values.put(leaf, builder.parameter(unique(weight.name, names), weight.shape(), weight.trainable, weight.values));
            } else if (leaf instanceof Single number) {
                HostBuffer value = HostBuffer.collected(Precision.F64, 1);
                value.set(0, number.value);
                values.put(leaf, builder.parameter(unique(number.name, names), number.shape(), false, value));
            }
        }
        for (Applied applied : recorded) {
            if (needed.contains(applied)) {
                Value[] operands = applied.inputs.stream().map(values::get).toArray(Value[]::new);
                values.put(applied, builder.apply(applied.node, applied.layer, operands));
            }
        }
        return builder.build(values.get(output));
    }

    private static boolean isFrozen(Expression leaf) {
        return !(leaf instanceof Weight weight && weight.trainable);
    }

    /// `name`, or with a number behind it where something has that name: several constants of one node, an initialiser that is trained in one place and
    /// held fixed in another.
    private static String unique(String name, Map<String, Integer> names) {
        String candidate = name;
        while (names.containsKey(candidate)) {
            candidate = name + "#" + names.merge(name, 1, Integer::sum);
        }
        names.put(candidate, 1);
        return candidate;
    }

    private void need(Expression e) {
        if (!needed.add(e)) {
            return;
        }
        switch (e) {
            case Applied _,Input _,Weight _,Single _ -> {}
            case Erf erf -> throw new IllegalArgumentException(
                    "node " + erf.node + " (Erf): supported only as a part of GELU, x (1 + erf(x/√2)) with constants");
            case Integers _,Sequence _,Exceeds _,Transposed _,Filled _ -> throw new IllegalArgumentException(
                    "output: expected floating-point values, found " + e);
        }
    }

    private static boolean isLeaf(Expression e) {
        return e instanceof Weight || e instanceof Single;
    }

    /// Initialisers by their place in the file, constants behind them in the order of their use.
    private int place(Expression leaf) {
        String name = leaf instanceof Weight weight ? weight.name : ((Single) leaf).name;
        return order.getOrDefault(name, Integer.MAX_VALUE);
    }
}
