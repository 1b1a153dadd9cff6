package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import java.util.Arrays;
import java.util.List;

/// A point θ on a loss surface. Vectors with p entries are like θ; vectors with n·K entries have entry i·K + k for example i, output k.
/// J (nK × p) stacks the gradients ∇f_k(x_i).
///
/// Examples stream in tiles. Forward values stay where the memory limit allows, so products after the first cost no forward pass.
/// One thread at a time. Closing frees everything it holds; results returned earlier stay valid.
public final class Point implements AutoCloseable {
    /// Fixed, because a parameter's gradient adds several terms a tile: were tiles larger, they would be added in another order and other bits result.
    static final int TILE_EXAMPLES = Backend.CHUNK_ROWS;
    private static final double KEPT_SHARE = 0.3;
    private static final double ROWS_SHARE = 0.3;

    private final LossSurface surface;
    private final Network network;
    private final Backend backend;
    private final int n;
    private final int outputs;
    private final Scope scope = new Scope();
    private final Workspace scratch;
    private final Workspace kept;
    private final Graph graph;
    private final Tensor[][] keptValues;
    private double[] predictions;
    /// Outputs that a pass over the examples has come across, while it runs.
    private double[] found;
    private GramPlan plan;

    Point(LossSurface surface, HostBuffer theta) {
        this.surface = surface;
        this.network = surface.network();
        this.backend = surface.backend();
        this.n = surface.dataset().examples();
        this.outputs = network.outputs();
        try {
            this.kept = scope.own(new Workspace(surface.slabs()));
            this.scratch = scope.own(new Workspace(surface.slabs()));
            HostBuffer frozen = network.frozenValues();
            Tensor parameters = upload(kept, theta, (int) theta.length());
            this.graph = new Graph(network, backend, parameters, upload(kept, frozen, (int) frozen.length()), kept);
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
        long keptBytes = graph.valueWidth() * n * backend.precision().sizeBytes();
        boolean keep = keptBytes <= surface.limits().memoryBytes() * KEPT_SHARE;
        keptValues = keep ? new Tensor[(n + TILE_EXAMPLES - 1) / TILE_EXAMPLES][] : null;
    }

    private Tensor upload(Workspace workspace, HostBuffer source, int columns) {
        Tensor tensor = workspace.tensor(1, columns);
        backend.upload(source, tensor);
        return tensor;
    }

    /// The surface it lies on.
    public LossSurface surface() {
        return surface;
    }

    /// f(x_i; θ), n·K numbers.
    ///
    /// @throws ArithmeticException if one is not finite: names the example, and the layer where numbers stopped being finite
    public double[] predictions() {
        if (predictions == null) {
            double[] all = new double[Math.multiplyExact(n, outputs)];
            forEachTile((from, count, values) -> download(values[network.output()], all, from));
            requireFinite(all, 0, n);
            predictions = all;
        }
        return predictions.clone();
    }

    /// r_i = f(x_i; θ) − y_i, n·K numbers.
    public double[] residuals() {
        double[] residuals = predictions();
        for (int i = 0; i < residuals.length; i++) {
            residuals[i] -= surface.targets()[i];
        }
        return residuals;
    }

    /// L = (1/n) Σ_i ½‖r_i‖².
    public double loss() {
        return Arrays.stream(residuals()).map(r -> r * r).sum() / (2.0 * n);
    }

    /// ∇L = (1/n) Jᵀ r, p numbers.
    ///
    /// @throws ArithmeticException if an output or an entry is not finite: names the layer, or the parameter
    public HostBuffer gradient() {
        return pullBack(scaled(residuals(), 1.0 / n));
    }

    /// J·v, n·K numbers.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public double[] jacobianVector(HostBuffer v) {
        checkDirection("jacobian", v);
        double[] product = new double[Math.multiplyExact(n, outputs)];
        try (var _ = scratch.frame()) {
            Tensor[] shared = graph.sharedTangents(upload(scratch, v, (int) v.length()), scratch);
            forEachTile((from, count, values) -> download(graph.tangents(values, shared, scratch)[network.output()], product, from));
        }
        return product;
    }

    /// Jᵀ·u, p numbers.
    ///
    /// @throws IllegalArgumentException if u does not have n·K entries or one is not finite
    public HostBuffer vectorJacobian(double[] u) {
        if (u.length != n * outputs) {
            throw new IllegalArgumentException("jacobian-transpose: vector has " + u.length + " entries, n·K is " + n * outputs);
        }
        for (int i = 0; i < u.length; i++) {
            checkFinite("jacobian-transpose", i, u[i]);
        }
        return pullBack(u);
    }

    /// G·v with G = (1/n) JᵀJ, the Gauss–Newton (Fisher) matrix: one tangent pass, one cotangent pass.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer gaussNewtonVector(HostBuffer v) {
        return pullBack(scaled(jacobianVector(v), 1.0 / n));
    }

    /// Σ·v with Σ = (1/n) Σ_i ∇L_i ∇L_iᵀ − ∇L ∇Lᵀ, the covariance of SGD's noise at batch size 1: ∇L_i·v = r_iᵀ (J v)_i, and
    /// Σ v = (1/n) Σ_i (∇L_i·v − ∇L·v) ∇L_i.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer noiseCovarianceVector(HostBuffer v) {
        double[] tangents = jacobianVector(v);
        double[] residuals = residuals();
        double[] slopes = new double[n];
        double mean = 0;
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < outputs; k++) {
                slopes[i] += residuals[i * outputs + k] * tangents[i * outputs + k];
            }
            mean += slopes[i] / n;
        }
        for (int i = 0; i < residuals.length; i++) {
            residuals[i] *= (slopes[i / outputs] - mean) / n;
        }
        return pullBack(residuals);
    }

    /// H·v with the full Hessian H = G + (1/n) Σ_ik r_ik ∇²f_k(x_i): forward over reverse (Pearlmutter 1994).
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer hessianVector(HostBuffer v) {
        checkDirection("hessian", v);
        double[] seeds = scaled(residuals(), 1.0 / n);
        try (var _ = scratch.frame()) {
            Tensor[] sharedTangents = graph.sharedTangents(upload(scratch, v, (int) v.length()), scratch);
            Tensor product = scratch.zeros(1, (int) network.parameterCount());
            var cotangents = new Cotangents(graph, true, null);
            collectShared(cotangents, true);
            collect(cotangents, product, true);
            forEachTile((from, count, values) -> {
                Tensor[] tangents = graph.tangents(values, sharedTangents, scratch);
                Tensor seedTangent = scratch.tensor(count, outputs);
                backend.product(1.0 / n, tangents[network.output()], null, false, seedTangent);
                cotangents.backward(values, tangents, upload(seeds, from, count), seedTangent, scratch);
            });
            cotangents.backwardShared(graph.sharedValues(), sharedTangents, 1, scratch);
            return download(product);
        }
    }

    /// The gradients ∇f_k(x_i) of `count` examples from `from` on: row-major (count·K, p).
    ///
    /// @throws IllegalArgumentException if the range is not within the examples
    public HostBuffer perExampleGradients(int from, int count) {
        checkRange(from, count);
        long p = network.parameterCount();
        HostBuffer gradients = HostBuffer.collected(backend.precision(), Math.multiplyExact((long) count * outputs, p));
        var explicit = GramPlan.explicit(network);
        long rowBytes = (2 * p + graph.cotangentWidth()) * outputs * backend.precision().sizeBytes();
        int tile = Math.min(TILE_EXAMPLES, surface.limits().examples(ROWS_SHARE, rowBytes, Backend.TILE_EXAMPLES));
        for (int at = 0; at < count; at += tile) {
            int examples = Math.min(tile, count - at);
            try (var _ = scratch.frame()) {
                var features = GramFeatures.of(graph, explicit, surface.x().rows(from + at, examples), null, (start, ignored) -> {}, scratch);
                Tensor rows = scratch.zeros((long) examples * outputs, (int) p);
                for (int v = 1; v < network.firstNodeValue(); v++) {
                    if (features.rows(v) != null) {
                        Parameter parameter = network.parameter(v);
                        var place = new StridedMap(0, (int) parameter.offset(), List.of(new StridedMap.Axis(parameter.count(), 1, 1)));
                        backend.copy(place, 1, features.rows(v), true, rows);
                    }
                }
                backend.download(rows, gradients.slice((long) at * outputs * p, rows.length()));
            }
        }
        return gradients;
    }

    /// What happens to one example on its way.
    ///
    /// @throws IllegalArgumentException if there is no such example
    public Trace trace(int example) {
        checkRange(example, 1);
        return Trace.of(this, example);
    }

    /// How the parameters enter Gram tiles, and at what cost.
    public GramPlan gramPlan() {
        if (plan == null) {
            try (var _ = scratch.frame()) {
                Tensor[] values = graph.forward(surface.x().rows(0, 1), scratch);
                long mostWidth = GramTiles.mostWidth(surface.limits(), backend.precision());
                plan = GramPlan.of(graph, values, surface.limits().contraction(), mostWidth, scratch);
            }
        }
        return plan;
    }

    /// M = J Jᵀ, row-major (nK, nK).
    public HostBuffer gram(Progress progress) {
        long size = (long) n * outputs;
        HostBuffer gram = HostBuffer.collected(backend.precision(), Math.multiplyExact(size, size));
        new GramTiles(this).tiles(progress, (row, column) -> {
            try (var _ = scratch.frame();
                    HostBuffer block = HostBuffer.allocate(backend.precision(), (long) row.count() * outputs * column.count() * outputs)) {
                Tensor tile = scratch.tensor((long) row.count() * outputs, column.count() * outputs);
                backend.gramTile(GramFeatures.terms(row.features(), column.features()), outputs, tile);
                backend.download(tile, block);
                copySymmetric(block, row, column, gram, size);
            }
        });
        keepFound();
        return gram;
    }

    /// Copies a tile and its mirror image. Within a diagonal tile blocks of [Backend#TILE_EXAMPLES] above the diagonal are what other tile sizes compute.
    private void copySymmetric(HostBuffer block, GramTiles.Side row, GramTiles.Side column, HostBuffer gram, long size) {
        long unit = (long) Backend.TILE_EXAMPLES * outputs;
        long columns = (long) column.count() * outputs;
        long rowFrom = (long) row.from() * outputs;
        long columnFrom = (long) column.from() * outputs;
        for (long r = 0; r < (long) row.count() * outputs; r++) {
            for (long c = rowFrom == columnFrom ? r / unit * unit : 0; c < columns; c++) {
                double value = block.get(r * columns + c);
                gram.set((rowFrom + r) * size + columnFrom + c, value);
                gram.set((columnFrom + c) * size + rowFrom + r, value);
            }
        }
    }

    /// The sums over all pairs of examples from which every alignment figure follows, in one pass of symmetric tiles; M is never stored.
    public GramSums gramSums(Progress progress) {
        double[] residuals = new double[Math.multiplyExact(n, outputs)];
        var sums = new GramSums(n, outputs);
        new GramTiles(this).tiles(progress, (row, column) -> {
            if (row.from() == 0) {
                residuals(column.from(), column.count(), residuals);
            }
            var terms = GramFeatures.terms(row.features(), column.features());
            backend.gramSums(terms, row.from(), row.count(), column.from(), column.count(), residuals, sums);
        });
        keepFound();
        return sums;
    }

    Graph graph() {
        return graph;
    }

    Workspace scratch() {
        return scratch;
    }

    /// Jᵀ·u by summing cotangents over the tiles.
    private HostBuffer pullBack(double[] u) {
        try (var _ = scratch.frame()) {
            Tensor sum = scratch.zeros(1, (int) network.parameterCount());
            var cotangents = new Cotangents(graph, false, null);
            collectShared(cotangents, false);
            collect(cotangents, sum, false);
            forEachTile((from, count, values) -> cotangents.backward(values, null, upload(u, from, count), null, scratch));
            cotangents.backwardShared(graph.sharedValues(), null, 1, scratch);
            return download(sum);
        }
    }

    /// Has the trainable parameters' cotangents (or their tangents) added up in `sum`.
    private void collect(Cotangents cotangents, Tensor sum, boolean tangents) {
        Tensor[] places = graph.parametersIn(sum);
        for (int v = 1; v < network.firstNodeValue(); v++) {
            if (places[v] != null && tangents) {
                cotangents.accumulateTangentInto(v, places[v]);
            } else if (places[v] != null) {
                cotangents.accumulateInto(v, places[v]);
            }
        }
    }

    /// Has expressions of parameters collect over all tiles before they pass it on.
    private void collectShared(Cotangents cotangents, boolean tangents) {
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (!network.operand(v).batched() && network.isActive(v)) {
                cotangents.accumulateInto(v, scratch.zeros(1, network.operand(v).width()));
                if (tangents) {
                    cotangents.accumulateTangentInto(v, scratch.zeros(1, network.operand(v).width()));
                }
            }
        }
    }

    private interface TileAction {
        void run(int from, int count, Tensor[] values);
    }

    /// Runs `action` on each tile of examples in order, with its forward values, in a frame of the scratch workspace.
    private void forEachTile(TileAction action) {
        for (int from = 0; from < n; from += TILE_EXAMPLES) {
            int count = Math.min(TILE_EXAMPLES, n - from);
            try (var _ = scratch.frame()) {
                action.run(from, count, values(from, count));
            }
        }
    }

    /// Forward values that are kept of `count` examples from `from` on, or null where it is better to compute them again: they are not there, and too many for the
    /// caches.
    Tensor[] knownValues(int from, int count) {
        boolean isTile = keptValues != null && from % TILE_EXAMPLES == 0 && count == Math.min(TILE_EXAMPLES, n - from);
        return isTile && (keptValues[from / TILE_EXAMPLES] != null || count <= graph.stretch()) ? values(from, count) : null;
    }

    /// Notes outputs of the examples from `from` on that another pass has come across.
    void takeOutputs(long from, Tensor rows) {
        if (predictions == null) {
            if (found == null) {
                found = new double[Math.multiplyExact(n, outputs)];
            }
            download(rows, found, (int) from);
            requireFinite(found, (int) from, (int) rows.rows());
        }
    }

    /// A pass over all examples is over: their outputs are known.
    private void keepFound() {
        predictions = predictions == null ? found : predictions;
        found = null;
    }

    /// r of the examples from `from` on, of which the outputs have been found, into their places.
    private void residuals(int from, int count, double[] residuals) {
        double[] known = predictions == null ? found : predictions;
        for (int i = from * outputs; i < (from + count) * outputs; i++) {
            residuals[i] = known[i] - surface.targets()[i];
        }
    }

    private void requireFinite(double[] values, int from, int count) {
        for (int i = from * outputs; i < (from + count) * outputs; i++) {
            if (!Double.isFinite(values[i])) {
                throw new ArithmeticException(network.name() + ": output " + i % outputs + " of example " + i / outputs + " is " + values[i] + " in "
                        + backend.precision().label() + "; " + Trace.firstNotFinite(this, i / outputs));
            }
        }
    }

    /// Forward values of `count` examples from `from` on: kept ones of a whole tile where there is room for them, else in the scratch workspace.
    Tensor[] values(int from, int count) {
        Tensor x = surface.x().rows(from, count);
        if (keptValues == null || from % TILE_EXAMPLES != 0 || count != Math.min(TILE_EXAMPLES, n - from)) {
            return graph.forward(x, scratch);
        }
        int t = from / TILE_EXAMPLES;
        if (keptValues[t] == null) {
            keptValues[t] = graph.forward(x, kept);
        }
        return keptValues[t];
    }

    private Tensor upload(double[] rows, int from, int count) {
        Tensor tensor = scratch.tensor(count, outputs);
        try (HostBuffer slice = HostBuffer.of(Arrays.copyOfRange(rows, from * outputs, (from + count) * outputs))) {
            backend.upload(slice, tensor);
        }
        return tensor;
    }

    private void download(Tensor rows, double[] target, int from) {
        try (HostBuffer buffer = HostBuffer.allocate(Precision.F64, rows.length())) {
            backend.download(rows, buffer);
            System.arraycopy(buffer.toArray(), 0, target, from * outputs, (int) rows.length());
        }
    }

    /// A vector like θ.
    ///
    /// @throws ArithmeticException if an entry is not finite: names the parameter
    private HostBuffer download(Tensor vector) {
        HostBuffer result = HostBuffer.collected(backend.precision(), vector.length());
        backend.download(vector, result);
        for (long i = 0; i < result.length(); i++) {
            if (!Double.isFinite(result.get(i))) {
                throw new ArithmeticException(
                        network.name() + ": derivative by entry " + (i - parameterAt(i).offset()) + " of " + parameterAt(i).name()
                                + " is " + result.get(i) + " in " + backend.precision().label());
            }
        }
        return result;
    }

    /// The trainable parameter that holds entry i of θ.
    private Parameter parameterAt(long i) {
        return network.parameters().stream()
                .filter(parameter -> parameter.trainable() && i >= parameter.offset() && i < parameter.offset() + parameter.count())
                .findFirst()
                .orElseThrow();
    }

    private void checkDirection(String operator, HostBuffer v) {
        if (v.length() != network.parameterCount()) {
            throw new IllegalArgumentException(operator + ": vector has " + v.length() + " entries, theta has " + network.parameterCount());
        }
        for (long i = 0; i < v.length(); i++) {
            checkFinite(operator, i, v.get(i));
        }
    }

    private static void checkFinite(String operator, long i, double value) {
        if (!Double.isFinite(value)) {
            throw new IllegalArgumentException(operator + ": vector[" + i + "] is " + value + ", expected finite numbers");
        }
    }

    private void checkRange(int from, int count) {
        if (from < 0 || count < 1 || from > n - count) {
            throw new IllegalArgumentException("examples " + from + " to " + ((long) from + count - 1) + " asked for, there are " + n);
        }
    }

    private static double[] scaled(double[] values, double factor) {
        return Arrays.stream(values).map(value -> value * factor).toArray();
    }

    /// Frees what it holds. Closing twice is harmless.
    @Override
    public void close() {
        scope.close();
    }
}
