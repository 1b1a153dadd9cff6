package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Application;
import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Layer;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Sum;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Node;
import java.util.List;

/// A running error analysis: bounds on how far a network's outputs, computed in double or in a precision of unit roundoff u, are from each other.
///
/// Layers are linear in each operand, maxima, or functions of single entries. With e bounds on the errors of the operands a:
///
/// - linear in each: |ŷ − y| ≤ (1 + γ_k) f(|a| + e) − f(|a|), with f's constants by their size; k roundings at most touch a term, in whatever order terms
///   are added, γ_k = k u/(1 − k u) (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1);
/// - maxima: |ŷ − y| ≤ the largest e of the window;
/// - functions: e times the largest slope within e, and what the computed function itself is off: at most [#FUNCTION] u (1 + |x| + |y|).
///
/// The outputs in double have errors of their own, and so have these bounds: u is enlarged by twice 2⁻⁵³.
final class Roundings {
    /// onnxruntime's functions were measured to be off by less than 2.6 u (1 + |x| + |y|) on 120,000 numbers of |x| up to 90, in float and in double.
    private static final double FUNCTION = 8;
    /// The largest slopes of gelu and silu are 1.129 and 1.0999.
    private static final double STEEPEST_GATE = 1.13;

    private final Network network;
    private final int examples;
    private final double u;
    private final ReferenceBackend backend = new ReferenceBackend();
    private final Workspace workspace = new Workspace(backend);
    private final Tensor[] values;
    private final Tensor[] errors;

    private Roundings(Network network, int examples, Precision precision) {
        this.network = network;
        this.examples = examples;
        this.u = precision.unitRoundoff() + 2 * Precision.F64.unitRoundoff();
        this.values = new Tensor[network.valueCount()];
        this.errors = new Tensor[network.valueCount()];
    }

    /// A bound for each entry of each output.
    ///
    /// @param theta numbers of that precision; frozen ones may not be, and are rounded
    /// @param x     the examples, numbers of that precision
    static double[] bounds(Network network, HostBuffer theta, double[] x, Precision precision) {
        int examples = x.length / network.input().size();
        var analysis = new Roundings(network, examples, precision);
        try (analysis.backend; analysis.workspace) {
            analysis.run(theta, x);
            return numbers(analysis.errors[network.output()]);
        }
    }

    private void run(HostBuffer theta, double[] x) {
        values[Network.INPUT] = tensor(examples, network.input().size());
        for (int i = 0; i < x.length; i++) {
            buffer(values[Network.INPUT]).set(values[Network.INPUT].offset() + i, x[i]);
        }
        errors[Network.INPUT] = workspace.zeros(examples, network.input().size());
        for (int value = 1; value < network.firstNodeValue(); value++) {
            parameter(value, theta);
        }
        for (int value = network.firstNodeValue(); value < values.length; value++) {
            node(value);
        }
    }

    private Tensor tensor(int rows, int columns) {
        return workspace.tensor(rows, columns);
    }

    private static HostBuffer buffer(Tensor tensor) {
        return (HostBuffer) tensor.buffer();
    }

    private static double[] numbers(Tensor tensor) {
        return buffer(tensor).slice(tensor.offset(), tensor.length()).toArray();
    }

    private static void fill(Tensor tensor, double[] numbers) {
        buffer(tensor).slice(tensor.offset(), tensor.length()).copyFrom(HostBuffer.of(numbers));
    }

    private void parameter(int value, HostBuffer theta) {
        var parameter = network.parameter(value);
        HostBuffer all = parameter.trainable() ? theta : network.frozenValues();
        double[] own = all.slice(parameter.offset(), parameter.count()).toArray();
        double[] off = own.clone();
        for (int i = 0; i < off.length; i++) {
            off[i] = parameter.trainable() ? 0 : u * Math.abs(own[i]);
        }
        values[value] = tensor(1, own.length);
        errors[value] = tensor(1, own.length);
        fill(values[value], own);
        fill(errors[value], off);
    }

    private void node(int value) {
        Node node = network.node(value);
        List<Operand> operands = node.inputs().stream().map(network::operand).toList();
        Tensor[] in = node.inputs().stream().map(input -> values[input]).toArray(Tensor[]::new);
        Tensor[] off = node.inputs().stream().map(input -> errors[input]).toArray(Tensor[]::new);
        values[value] = forward(node.layer(), operands, node.output(), in);
        errors[value] = switch (node.layer()) {
            case Activate(Activation f) -> function(f, in[0], off[0], values[value]);
            case MaxPool pool -> forward(pool, operands, node.output(), off);
            default -> linear(node, operands, in, off);
        };
    }

    private Tensor forward(Layer layer, List<Operand> operands, Operand result, Tensor[] in) {
        Tensor out = tensor(result.batched() ? examples : 1, result.width());
        layer.forward(new Application(backend, operands, in, 1, new Tensor[in.length], out, workspace));
        return out;
    }

    private Tensor linear(Node node, List<Operand> operands, Tensor[] in, Tensor[] off) {
        Layer layer = switch (node.layer()) {
            case Sum(double alpha, double beta) -> new Sum(Math.abs(alpha), Math.abs(beta));
            case Scale(double factor) -> new Scale(Math.abs(factor));
            default -> node.layer();
        };
        var sizes = new Tensor[in.length];
        var largest = new Tensor[in.length];
        for (int i = 0; i < in.length; i++) {
            double[] a = numbers(in[i]);
            double[] e = numbers(off[i]);
            sizes[i] = tensor((int) in[i].rows(), in[i].columns());
            largest[i] = tensor((int) in[i].rows(), in[i].columns());
            for (int j = 0; j < a.length; j++) {
                a[j] = Math.abs(a[j]);
                e[j] += a[j];
            }
            fill(sizes[i], a);
            fill(largest[i], e);
        }
        double[] exact = numbers(forward(layer, operands, node.output(), sizes));
        double[] most = numbers(forward(layer, operands, node.output(), largest));
        double ku = roundings(node.layer(), operands) * u;
        for (int j = 0; j < most.length; j++) {
            most[j] = (1 + ku / (1 - ku)) * most[j] - exact[j];
        }
        Tensor bound = tensor(node.output().batched() ? examples : 1, node.output().width());
        fill(bound, most);
        return bound;
    }

    /// k: products, additions, and constants rounded. Moving an entry is none; one is allowed for the difference of the two sums of sizes.
    private static int roundings(Layer layer, List<Operand> operands) {
        return 1 + switch (layer) {
            case Dense(boolean transposed) -> operands.get(1).shape().dimension(transposed ? 1 : 0) + 1;
            case Convolve _ -> operands.get(1).width() / operands.get(1).shape().dimension(0) + 1;
            case AveragePool pool -> pool.kernel().rows().size() * pool.kernel().columns().size() + 1;
            case Reduce reduce -> operands.getFirst().width() / reduce.output(operands).width() + 1;
            case Multiply _ -> 1;
            case Scale _ -> 2;
            case Sum _ -> 5;
            default -> 0;
        };
    }

    private Tensor function(Activation f, Tensor in, Tensor off, Tensor out) {
        double[] x = numbers(in);
        double[] e = numbers(off);
        double[] y = numbers(out);
        for (int i = 0; i < e.length; i++) {
            e[i] = e[i] * slope(f, x[i], e[i]) + FUNCTION * u * (1 + Math.abs(x[i]) + Math.abs(y[i]));
        }
        Tensor bound = tensor((int) in.rows(), in.columns());
        fill(bound, e);
        return bound;
    }

    /// The largest |f(x + d) − f(x)|/|d|, |d| ≤ e.
    private static double slope(Activation f, double x, double e) {
        return switch (f.kind()) {
            case IDENTITY, RELU, TANH, SOFTPLUS, CLIP, ABS -> 1;
            case LEAKY_RELU, ELU -> Math.max(1, Math.abs(f.parameter()));
            case SIGMOID -> 0.25;
            case GELU, GELU_TANH, SILU -> STEEPEST_GATE;
            case SQUARE -> 2 * Math.abs(x) + e;
            case EXP -> Math.exp(x + e);
            case SQRT -> 0.5 / Math.sqrt(x - e);
            case RECIPROCAL -> 1 / (Math.abs(x) * (Math.abs(x) - e));
            case LOG -> 1 / (x - e);
        };
    }
}
