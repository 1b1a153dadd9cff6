package io.plumbline.training;

import io.plumbline.backend.Activation;
import io.plumbline.backend.DenseStack;
import io.plumbline.backend.Descent;
import io.plumbline.backend.Descents;
import io.plumbline.backend.Tensor;
import io.plumbline.data.Philox;
import io.plumbline.derivative.LossSurface;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.network.Network;
import io.plumbline.network.Node;
import io.plumbline.network.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Replicas that a backend takes through a block of steps in one launch ([Descents]): of networks that are stacks of dense layers, under SGD's own noise or none.
final class OneLaunch implements AutoCloseable {
    private final Descents descents;
    private final String reason;

    private OneLaunch(Descents descents, String reason) {
        this.descents = descents;
        this.reason = reason;
    }

    /// What the surface's network and backend allow.
    static OneLaunch on(LossSurface surface) {
        Network network = surface.network();
        String unfit = unfit(network);
        if (unfit != null) {
            return new OneLaunch(null, unfit);
        }
        Optional<Descents> found = surface.backend().descents(stack(network), surface.x(), surface.dataset().y(), Philox.stream(Batches.STREAM));
        return found.map(descents -> new OneLaunch(descents, null))
                .orElseGet(() -> new OneLaunch(null, "the backend " + surface.backend().name() + " takes steps through the layers"));
    }

    /// Why the network is no stack of dense layers whose θ is all theirs, or null if it is: each node takes the one before it, the first one the input; dense layers
    /// take vectors, and trainable parameters that nothing else uses; an activation follows a dense layer; the last node is the output.
    static String unfit(Network network) {
        int[] uses = new int[network.valueCount()];
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            Node node = network.node(v);
            String why = unfit(network, v);
            if (why != null) {
                return "node " + node.name() + " of " + network.name() + " " + why;
            }
            node.inputs().stream().skip(1).forEach(operand -> uses[operand]++);
        }
        for (int v = 1; v < network.firstNodeValue(); v++) {
            Parameter parameter = network.parameter(v);
            if (parameter.trainable() && uses[v] != 1) {
                return "parameter " + parameter.name() + " of " + network.name() + " is used " + uses[v] + " times, not once";
            }
        }
        return network.output() == network.valueCount() - 1 ? null : "the output of " + network.name() + " is not its last node";
    }

    private static String unfit(Network network, int value) {
        Node node = network.node(value);
        boolean first = value == network.firstNodeValue();
        int before = first ? Network.INPUT : value - 1;
        if (node.inputs().getFirst() != before) {
            return "does not take what the node before it gives";
        }
        return switch (node.layer()) {
            case Dense _ -> {
                boolean trainable = node.inputs().stream().skip(1)
                        .allMatch(operand -> network.isParameter(operand) && network.parameter(operand).trainable());
                yield network.operand(before).shape().rank() != 1
                        ? "is dense at several positions"
                        : trainable ? null : "has weights that are no trainable parameters";
            }
            case Activate _ -> first || !(network.node(before).layer() instanceof Dense) ? "is an activation of no dense layer" : null;
            default -> "is no dense layer and no activation, but " + node.layer().name();
        };
    }

    private static DenseStack stack(Network network) {
        var layers = new ArrayList<DenseStack.Layer>();
        for (Node node : network.nodes()) {
            if (node.layer() instanceof Dense dense) {
                int in = network.operand(node.inputs().getFirst()).width();
                long bias = node.inputs().size() > 2 ? network.parameter(node.inputs().get(2)).offset() : DenseStack.Layer.NO_BIAS;
                layers.add(new DenseStack.Layer(in, node.output().width(), dense.transposed(), network.parameter(node.inputs().get(1)).offset(), bias,
                        Activation.of(Activation.Kind.IDENTITY)));
            } else if (node.layer() instanceof Activate activate) {
                DenseStack.Layer last = layers.removeLast();
                layers.add(new DenseStack.Layer(last.in(), last.out(), last.transposed(), last.weight(), last.bias(), activate.function()));
            }
        }
        return new DenseStack(layers);
    }

    /// Why replicas of this recipe take their steps through the layers, one replica after the other; null if they go in one launch.
    String refusal(Recipe recipe) {
        if (reason != null) {
            return reason;
        }
        Descent.Law law = law(recipe);
        return law == null ? "noise " + recipe.noise() + " is made from more than a gradient" : descents.refusal(law, recipe.batchSize());
    }

    /// How the recipe's batches are drawn; null where its noise is not a batch's.
    private static Descent.Law law(Recipe recipe) {
        return switch (recipe.noise().law()) {
            case SAMPLING -> switch (recipe.sampling()) {
                case WITH -> Descent.Law.WITH;
                case WITHOUT -> Descent.Law.WITHOUT;
                case EPOCHS -> Descent.Law.EPOCHS;
            };
            case NONE -> Descent.Law.ALL;
            default -> null;
        };
    }

    /// Takes up to `steps` steps with each replica, as [Replica#advance] does.
    ///
    /// @param rows     which replica is which row of θ and velocity
    /// @param theta    (·, p)
    /// @param velocity (·, p), or null
    void advance(long steps, List<Integer> rows, Replica[] replicas, Tensor theta, Tensor velocity) {
        var factors = new HashMap<Course, double[]>();
        var all = new ArrayList<Descent>();
        for (int row : rows) {
            Replica replica = replicas[row];
            Recipe recipe = replica.recipe();
            all.add(new Descent(row, law(recipe), recipe.batchSize(), recipe.seed(), recipe.learningRate(), recipe.momentum(),
                    factors(recipe.schedule(), replica.step(), steps, factors), replica.step(), replica.limit()));
        }
        long[] taken = descents.advance(theta, velocity, all, steps);
        for (int i = 0; i < taken.length; i++) {
            replicas[rows.get(i)].took(taken[i], taken[i] < steps);
        }
    }

    /// A schedule from a step on.
    private record Course(Schedule schedule, long step) {}

    /// η_t/η of the block's steps, each course's once: η times it has the bits of η_t.
    private static double[] factors(Schedule schedule, long step, long steps, Map<Course, double[]> known) {
        boolean constant = schedule.kind() == Schedule.Kind.CONSTANT;
        return known.computeIfAbsent(new Course(schedule, constant ? 0 : step), course -> {
            double[] factors = new double[constant ? 1 : Math.toIntExact(steps)];
            for (int s = 0; s < factors.length; s++) {
                factors[s] = schedule.rate(1, course.step + s);
            }
            return factors;
        });
    }

    /// L over all examples at each row of θ, or null: it is for the layers to compute.
    double[] losses(Tensor theta) {
        return descents == null || descents.lossRefusal() != null ? null : descents.losses(theta);
    }

    @Override
    public void close() {
        if (descents != null) {
            descents.close();
        }
    }
}
