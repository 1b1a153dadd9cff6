package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;

/// ∇L, J·V, Jᵀ·U and H·V for blocks of directions at a point: what does not depend on a direction, forward values and plain cotangents, is computed once a tile, and the
/// tangents along all directions of a block go through the layers together.
///
/// Directions are taken so many at a time as memory allows, at most [#MOST_DIRECTIONS]. A product's bits depend neither on how many those are nor on
/// what the others are.
final class BlockProducts {
    /// Beyond so many nothing is gained: what they share costs little by then.
    private static final int MOST_DIRECTIONS = 16;
    private static final double TANGENTS_SHARE = 0.3;

    private final Point point;
    private final Graph graph;
    private final Network network;
    private final Backend backend;
    private final Workspace scratch;
    private final int outputs;
    private final Repetitions repetitions;

    BlockProducts(Point point) {
        this.point = point;
        graph = point.graph();
        network = graph.network();
        backend = graph.backend();
        scratch = point.scratch();
        outputs = network.outputs();
        repetitions = new Repetitions(backend, scratch);
    }

    /// Forgets what products were like: memory that they use goes elsewhere.
    void forget() {
        repetitions.close();
    }

    private interface Block {
        /// @param count  of directions
        /// @param tile   examples in a tile
        /// @return the block of their sums, in the workspace's innermost frame; null if there are none
        Tensor run(int first, int count, int tile);
    }

    /// Runs `block` on the directions from `first` on, so many as fit, until all m have been, each time in a frame of the workspace, and stores its sums.
    ///
    /// @param products null where there are no sums; may be what the directions are read from
    private void forEachBlock(String pass, long m, Tensor products, Block block) {
        for (int first = 0; first < m;) {
            int from = first;
            first += point.passes().overExamples(pass, point, (int) Math.min(mostDirections(), m - first),
                    size -> block.run(from, size.directions(), size.examples()),
                    (size, sums) -> {
                        if (sums != null) {
                            store(sums, products.rows(from, size.directions()));
                        }
                    });
        }
    }

    private int mostDirections() {
        long tile = point.tileExamples();
        long directionBytes = (2 * tile * graph.cotangentWidth() + 2 * network.parameterCount() + graph.summandWidth())
                * backend.precision().sizeBytes();
        long fitting = (long) (point.surface().limits().memoryBytes() * TANGENTS_SHARE) / directionBytes;
        // Rows of a tile that are copied apart are read as one row.
        long addressable = Integer.MAX_VALUE / (tile * graph.mostWidth());
        return Math.clamp(Math.min(fitting, addressable), 1, Math.min(MOST_DIRECTIONS, point.passes().mostDirections()));
    }

    /// J·V: for each row v of `directions` the n·K numbers of J·v.
    double[][] jacobian(Tensor directions) {
        int n = point.surface().dataset().examples();
        double[][] products = new double[Math.toIntExact(directions.rows())][Math.multiplyExact(n, outputs)];
        forEachBlock("products with J", directions.rows(), null, (first, m, tile) -> {
            Tensor[] shared = graph.sharedTangents(block(directions.rows(first, m)), scratch);
            point.forEachTile(tile, (from, count, values) -> {
                Tensor tangents = graph.tangents(values, m, shared, scratch)[network.output()];
                try (HostBuffer rows = HostBuffer.allocate(backend.precision(), tangents.length())) {
                    backend.download(tangents, rows);
                    for (long at = 0; at < rows.length(); at++) {
                        long row = at / outputs;
                        products[first + (int) (row % m)][(from + (int) (row / m)) * outputs + (int) (at % outputs)] = rows.get(at);
                    }
                }
            });
            return null;
        });
        return products;
    }

    /// Jᵀ·U: for each n·K numbers u a row of `products`.
    void transposed(double[][] u, Tensor products) {
        forEachBlock("products with J^T", u.length, products, (first, m, tile) -> {
            Tensor sums = scratch.tensor(m, (int) network.parameterCount());
            Cotangents cotangents = collecting(sums);
            point.forEachTile(tile, (from, count, values) -> cotangents.backward(values, null, seeds(u, first, m, from, count), null, scratch));
            cotangents.backwardShared(graph.sharedValues(), null, m, scratch);
            return sums;
        });
    }

    /// ∇L = Jᵀ (r/n), into a vector like θ.
    ///
    /// @param residuals r/n, (n, K), as long as nothing runs out of memory
    void gradient(Supplier<Tensor> residuals, Tensor gradient) {
        forEachBlock("gradient", 1, gradient, (_, _, tile) -> {
            Tensor sums = scratch.tensor(1, (int) network.parameterCount());
            Tensor seeds = residuals.get();
            repetitions.run(new Key("gradient", seeds, sums, tile), () -> {
                Cotangents cotangents = collecting(sums);
                point.forEachTile(tile, (from, count, values) -> cotangents.backward(values, null, seeds.rows(from, count), null, scratch));
                cotangents.backwardShared(graph.sharedValues(), null, 1, scratch);
            });
            return sums;
        });
    }

    /// G·V: for each row v of `directions` a row of `products`.
    void gaussNewton(Tensor directions, Tensor products) {
        forEachBlock("products with G", directions.rows(), products, (first, m, tile) -> {
            Tensor block = block(directions.rows(first, m));
            Tensor sums = scratch.tensor(m, (int) network.parameterCount());
            repetitions.run(new Key("G", block, sums, tile), () -> gaussNewton(block, sums, tile));
            return sums;
        });
    }

    private void gaussNewton(Tensor block, Tensor sums, int tile) {
        int m = (int) block.rows();
        Tensor[] sharedTangents = graph.sharedTangents(block, scratch);
        Cotangents cotangents = collecting(sums);
        point.forEachTile(tile, (from, count, values) -> {
            Tensor[] tangents = graph.tangents(values, m, sharedTangents, scratch);
            cotangents.backward(values, null, seedTangents(tangents, count, m), null, scratch);
        });
        cotangents.backwardShared(graph.sharedValues(), null, m, scratch);
    }

    /// (1/n) J·V of a tile.
    private Tensor seedTangents(Tensor[] tangents, int count, int m) {
        Tensor seeds = scratch.tensor((long) count * m, outputs);
        backend.product(1.0 / point.surface().dataset().examples(), tangents[network.output()], null, false, seeds);
        return seeds;
    }

    /// Cotangents along several directions, of which parameters collect theirs in `sums`.
    private Cotangents collecting(Tensor sums) {
        int m = (int) sums.rows();
        backend.fill(sums, 0);
        var cotangents = new Cotangents(graph, m, false);
        forEachSharedNode(v -> cotangents.accumulateInto(v, scratch.zeros(m, network.operand(v).width()), scratch));
        forEachParameter(sums, (v, place) -> cotangents.accumulateInto(v, place, scratch));
        return cotangents;
    }

    /// Σ₁·V = (1/n) Σ_i (∇L_i·v) ∇L_i or, with `centred`, Σ·V = (1/n) Σ_i (∇L_i·v − ∇L·v) ∇L_i; ∇L_i·v = r_iᵀ (J v)_i.
    void secondMoment(Tensor directions, double[] residuals, boolean centred, Tensor products) {
        double[][] tangents = jacobian(directions);
        int n = point.surface().dataset().examples();
        for (double[] each : tangents) {
            double[] slopes = new double[n];
            double mean = 0;
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < outputs; k++) {
                    slopes[i] += residuals[i * outputs + k] * each[i * outputs + k];
                }
                mean += slopes[i] / n;
            }
            for (int i = 0; i < each.length; i++) {
                each[i] = residuals[i] * ((slopes[i / outputs] - (centred ? mean : 0)) / n);
            }
        }
        transposed(tangents, products);
    }

    /// H·V, forward over reverse: for each row v of `directions` a row of `products`.
    ///
    /// @param residuals r/n, (n, K), as long as nothing runs out of memory
    void hessian(Tensor directions, Supplier<Tensor> residuals, Tensor products) {
        forEachBlock("products with H", directions.rows(), products, (first, m, tile) -> {
            Tensor block = block(directions.rows(first, m));
            Tensor sums = scratch.tensor(m, (int) network.parameterCount());
            Tensor seeds = residuals.get();
            repetitions.run(new Key("H", block, sums, tile), () -> hessian(block, seeds, sums, tile));
            return sums;
        });
    }

    private void hessian(Tensor block, Tensor residuals, Tensor sums, int tile) {
        int m = (int) block.rows();
        Tensor[] sharedTangents = graph.sharedTangents(block, scratch);
        backend.fill(sums, 0);
        var cotangents = new Cotangents(graph, m, true);
        forEachSharedNode(v -> {
            cotangents.accumulateInto(v, scratch.zeros(1, network.operand(v).width()), scratch);
            cotangents.accumulateTangentInto(v, scratch.zeros(m, network.operand(v).width()), scratch);
        });
        forEachParameter(sums, (v, place) -> cotangents.accumulateTangentInto(v, place, scratch));
        point.forEachTile(tile, (from, count, values) -> {
            Tensor[] tangents = graph.tangents(values, m, sharedTangents, scratch);
            cotangents.backward(values, tangents, residuals.rows(from, count), seedTangents(tangents, count, m), scratch);
        });
        cotangents.backwardShared(graph.sharedValues(), sharedTangents, 1, scratch);
    }

    /// Work, and where it stands: from the sums on the scratch workspace is used in the same way each time.
    private record Key(String operator, Tensor block, Tensor sums, int tile) {}

    private interface Place {
        void take(int v, Tensor place);
    }

    /// The trainable parameters' places in a block.
    private void forEachParameter(Tensor block, Place action) {
        Tensor[] places = graph.parametersIn(block);
        for (int v = 1; v < network.firstNodeValue(); v++) {
            if (places[v] != null) {
                action.take(v, places[v]);
            }
        }
    }

    /// Expressions of parameters, which collect over all tiles before they pass it on.
    private void forEachSharedNode(IntConsumer action) {
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (!network.operand(v).batched() && network.isActive(v)) {
                action.accept(v);
            }
        }
    }

    /// The cotangents u of a tile's results: row i·m + k is example i's in u[first + k].
    private Tensor seeds(double[][] u, int first, int m, int from, int count) {
        Tensor tensor = scratch.tensor((long) count * m, outputs);
        double[] rows = new double[Math.toIntExact(tensor.length())];
        for (int k = 0; k < m; k++) {
            double[] each = u[first + k];
            for (int i = 0; i < count; i++) {
                for (int output = 0; output < outputs; output++) {
                    rows[(i * m + k) * outputs + output] = each[(from + i) * outputs + output];
                }
            }
        }
        try (HostBuffer buffer = HostBuffer.of(rows)) {
            backend.upload(buffer, tensor);
        }
        return tensor;
    }

    /// The directions with each parameter's entries along all of them next to each other, as [Graph#parametersIn] has it; one of them is like that already.
    private Tensor block(Tensor directions) {
        Tensor block = scratch.tensor(directions.rows(), directions.columns());
        if (directions.rows() == 1) {
            backend.product(1, directions, null, false, block);
        } else {
            forEachParameter(block, (v, place) -> backend.copy(place(v), 1, directions, false, place));
        }
        return block;
    }

    private void store(Tensor block, Tensor products) {
        backend.fill(products, 0);
        if (block.rows() == 1) {
            backend.product(1, block, null, true, products);
        } else {
            forEachParameter(block, (v, place) -> backend.copy(place(v).transposed(), 1, place, true, products));
        }
    }

    /// From a vector like θ to the entries of parameter v.
    private StridedMap place(int v) {
        Parameter parameter = network.parameter(v);
        return new StridedMap((int) parameter.offset(), 0, List.of(new StridedMap.Axis(parameter.count(), 1, 1)));
    }
}
