package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.training.Noise;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import io.plumbline.training.Sampling;
import io.plumbline.training.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/// Replicas that descend together, each by a recipe of its own, where a backend may take all of them through their steps in one launch: θ and velocity of each after
/// a few steps, and their losses, against the reference's, which goes through the layers. Bounds as in [Derivatives].
final class DescentCases {
    private static final long SEED = 29;
    /// Networks of squares explode at larger ones.
    private static final double RATE = 0x1p-12;
    private static final long STEPS = 4;
    private static final int CROWD = 11;

    private DescentCases() {}

    /// Of networks of dense layers and activations, but exponentials of exponentials, which leave every range within a step.
    static Stream<Item> all() {
        List<Problem> stacks = Networks.all().filter(DescentCases::isStack).toList();
        Problem most = stacks.stream().max(Comparator.comparingInt(Problem::examples)).orElseThrow();
        return Stream.concat(stacks.stream().map(problem -> item(problem, recipes(problem.examples()), STEPS)), Stream.of(crowd(most)));
    }

    /// More replicas than a small device takes at a time.
    private static Item crowd(Problem problem) {
        return item(problem, Collections.nCopies(CROWD, recipes(problem.examples())).stream().flatMap(List::stream).toList(), 1);
    }

    private static boolean isStack(Problem problem) {
        Network network = problem.network();
        return network.input().rank() == 1 && network.nodes().stream().allMatch(node -> switch (node.layer()) {
            case Dense _ -> true;
            case Activate activate -> activate.function().kind() != Kind.EXP;
            default -> false;
        });
    }

    /// Every way to draw a batch, momentum, schedules; an epoch ends in a smaller batch within the steps, or a new one begins.
    static List<Recipe> recipes(int examples) {
        int few = Math.min(2, examples);
        Schedule falling = Schedule.parse("step:0.5:2");
        return List.of(
                Recipe.sgd(RATE, 1, 1),
                new Recipe(RATE, falling, 0.9, 7, Sampling.WITH, Noise.SAMPLING, 2),
                new Recipe(RATE, Schedule.CONSTANT, 0.5, few, Sampling.WITHOUT, Noise.SAMPLING, 3),
                new Recipe(RATE, Schedule.CONSTANT, 0, examples, Sampling.WITHOUT, Noise.SAMPLING, 4),
                new Recipe(RATE, Schedule.parse("cyclical:0.25:3"), 0, few, Sampling.EPOCHS, Noise.SAMPLING, 5),
                new Recipe(RATE, Schedule.CONSTANT, 0.9, 1, Sampling.WITH, Noise.NONE, 6));
    }

    static Item item(Problem problem, List<Recipe> recipes, long steps) {
        return new Item(Group.DERIVATIVES, problem.name(), recipes.size() + " replicas, " + steps + " steps", problem.sizes(),
                subject -> run(problem.in(subject.precision()), recipes, steps, subject));
    }

    private static Deviation run(Problem problem, List<Recipe> recipes, long steps, Subject subject) {
        double[] found = entries(problem, recipes, steps, subject.device());
        double[] exact = entries(problem, recipes, steps, Subject.REFERENCE);
        var deviation = Deviation.worst(found, exact, bounds(problem, recipes, steps, subject, exact));
        if (subject.otherThreads() == null) {
            return deviation;
        }
        double[] other = entries(problem, recipes, steps, subject.otherThreads());
        return deviation.but(subject.otherBits(Arrays.equals(found, other)));
    }

    static double[] bounds(Problem problem, List<Recipe> recipes, long steps, Subject subject, double[] exact) {
        var random = new Random(SEED);
        var samples = new ArrayList<double[]>();
        for (int sample = 0; sample < Derivatives.SAMPLES; sample++) {
            try (var rounded = new Rounded(subject.precision(), () -> 2 * random.nextDouble() - 1)) {
                samples.add(entries(problem, recipes, steps, rounded));
            }
        }
        return Derivatives.bounds(subject, exact, samples);
    }

    /// θ and velocity of each, then all losses.
    static double[] entries(Problem problem, List<Recipe> recipes, long steps, Backend backend) {
        try (Dataset data = problem.dataset(problem.examples());
                HostBuffer theta = problem.theta();
                var surface = LossSurface.of(problem.network(), data, backend);
                var replicas = Replicas.of(surface, recipes, Collections.nCopies(recipes.size(), theta))) {
            replicas.advance(steps);
            var parts = new ArrayList<double[]>();
            for (int r = 0; r < replicas.count(); r++) {
                parts.add(replicas.theta(r).toArray());
                HostBuffer velocity = replicas.velocity(r);
                parts.add(velocity == null ? new double[0] : velocity.toArray());
            }
            parts.add(replicas.losses());
            return parts.stream().flatMapToDouble(DoubleStream::of).toArray();
        }
    }
}
