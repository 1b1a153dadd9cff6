package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.NodeProto;
import io.plumbline.network.onnx.Expression.Integers;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// A node of an ONNX graph with the values of its operands. Missing and misshapen operands and attributes raise [IllegalArgumentException].
///
/// @param proto  as in the file
/// @param inputs by position; null where an optional one is left out
/// @param uses   how often the graph uses each value, by name
record OnnxNode(NodeProto proto, List<Expression> inputs, Map<String, Integer> uses) {
    Expression input(int index) {
        Expression found = optional(index);
        if (found == null) {
            throw new IllegalArgumentException("expected at least " + (index + 1) + " operands, found " + inputs.size());
        }
        return found;
    }

    Expression optional(int index) {
        return index < inputs.size() ? inputs.get(index) : null;
    }

    /// Whether nothing else uses that operand.
    boolean usedOnce(int index) {
        return uses.getOrDefault(proto.getInput(index), 0) == 1;
    }

    /// An operand that is an array of floating-point numbers.
    Expression value(int index) {
        Expression found = input(index);
        found.operand();
        return found;
    }

    Integers integers(int index) {
        if (input(index) instanceof Integers integers) {
            return integers;
        }
        throw new IllegalArgumentException("expected constant integers as operand " + index + ", found " + input(index));
    }

    /// A constant of one number.
    double constant(int index, String what) {
        Expression e = input(index);
        if (e instanceof Integers integers && integers.values.length == 1 && integers.values[0] != Integers.EXAMPLES) {
            return (double) integers.values[0];
        }
        if (e instanceof Integers) {
            throw new IllegalArgumentException("expected a constant number as " + what + ", found integers");
        }
        Double value = Algebra.constant(e);
        if (value == null) {
            String advice = e instanceof Expression.Weight weight
                    ? " (the trainable initialiser " + OnnxFile.shown(weight.name) + "; freeze it if it is a constant)"
                    : "";
            throw new IllegalArgumentException("expected a constant number as " + what + ", found " + e + advice);
        }
        return value;
    }

    /// A float32 attribute, read as the shortest decimal that float32 rounds to it: the number that the exporting program wrote, 0.01 rather than 0.0099999998.
    double real(String attribute, double otherwise) {
        AttributeProto found = attribute(attribute, AttributeType.FLOAT);
        return found == null ? otherwise : Double.parseDouble(Float.toString(found.getF()));
    }

    long whole(String attribute, long otherwise) {
        AttributeProto found = attribute(attribute, AttributeType.INT);
        return found == null ? otherwise : found.getI();
    }

    String text(String attribute, String otherwise) {
        AttributeProto found = attribute(attribute, AttributeType.STRING);
        return found == null ? otherwise : found.getS().toStringUtf8();
    }

    /// A list of integers.
    long[] wholes(String attribute, long[] otherwise) {
        long[] found = wholes(attribute);
        return found == null ? otherwise : found;
    }

    /// A list of integers, or null.
    long[] wholes(String attribute) {
        AttributeProto found = attribute(attribute, AttributeType.INTS);
        return found == null ? null : found.getIntsList().stream().mapToLong(Long::longValue).toArray();
    }

    /// A list of `count` integers, `otherwise` each if the attribute is left out.
    long[] wholes(String attribute, int count, long otherwise) {
        long[] found = wholes(attribute);
        if (found == null) {
            return LongStream.generate(() -> otherwise).limit(count).toArray();
        }
        if (found.length != count) {
            throw new IllegalArgumentException("expected " + count + " numbers as " + attribute + ", found " + Extents.text(found));
        }
        return found;
    }

    AttributeProto attribute(String attribute, AttributeType type) {
        for (AttributeProto candidate : proto.getAttributeList()) {
            if (candidate.getName().equals(attribute)) {
                if (candidate.getType() != type) {
                    throw new IllegalArgumentException("expected attribute " + attribute + " of type " + type + ", found " + candidate.getType());
                }
                return candidate;
            }
        }
        return null;
    }
}
