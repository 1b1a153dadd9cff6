package io.plumbline.training;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// A network, Gaussian examples and a backend.
final class Problems implements AutoCloseable {
    final Network network;
    final Dataset data;
    final Backend backend;
    final LossSurface surface;
    final double[][] x;
    final double[][] y;
    private final Scope scope = new Scope();

    Problems(String model, int examples, Backend backend) {
        network = Architectures.parse(model, Initialization.DEFAULT, 1);
        var random = new Random(3);
        x = gaussian(random, examples, network.input().size());
        y = gaussian(random, examples, network.outputs());
        this.backend = scope.own(backend);
        data = scope.own(Dataset.copyOf("gaussian", x, y));
        surface = scope.own(LossSurface.of(network, data, backend));
    }

    static Problems on(String model, int examples, Precision precision, int threads) {
        return new Problems(model, examples, CpuBackend.create(precision, threads));
    }

    private static double[][] gaussian(Random random, int rows, int columns) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            for (int c = 0; c < columns; c++) {
                row[c] = random.nextGaussian();
            }
        }
        return values;
    }

    Replicas replicas(Recipe... recipes) {
        return replicas(List.of(recipes), network.initialTheta());
    }

    Replicas replicas(List<Recipe> recipes, HostBuffer theta) {
        return Replicas.of(surface, recipes, Collections.nCopies(recipes.size(), theta));
    }

    @Override
    public void close() {
        scope.close();
    }
}
