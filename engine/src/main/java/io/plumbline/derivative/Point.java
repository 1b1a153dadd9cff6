package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Scope;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// A point θ on a loss surface. Vectors with p entries are like θ; vectors with n·K entries have entry i·K + k for example i, output k.
/// J (nK × p) stacks the gradients ∇f_k(x_i).
///
/// Examples stream in tiles. Forward values stay where the memory limit allows, so products after the first cost no forward pass.
/// One thread at a time. Closing frees everything it holds; results returned earlier stay valid.
public final class Point implements AutoCloseable {
    /// So many roundings of the targets are as good as a residual of 0.
    public static final int RESIDUAL_ROUNDINGS = 16;

    private static final double KEPT_SHARE = 0.3;
    private static final double ROWS_SHARE = 0.3;

    private final LossSurface surface;
    private final Network network;
    private final Backend backend;
    private final int n;
    private final int outputs;
    /// Examples in a tile of a pass, at most.
    private final int passExamples;
    private final Scope scope = new Scope();
    private final Workspace scratch;
    private final Workspace kept;
    private final Graph graph;
    /// Of the forward values that are kept.
    private Workspace.Frame keptFrame;
    /// By tile; null where they are not kept.
    private Tensor[][] keptValues;
    /// r/n where the backend computes; null as long as nobody needs it.
    private Tensor keptResiduals;
    private final BlockProducts blocks;
    private final VectorChecks checks;
    private final Predictions predictions;
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
        passExamples = (int) Math.min(graph.passExamples(), Math.ceilDiv((long) n, Backend.CHUNK_ROWS) * Backend.CHUNK_ROWS);
        predictions = new Predictions(this);
        blocks = new BlockProducts(this);
        scope.own((AutoCloseable) blocks::forget);
        checks = new VectorChecks(network, backend, scratch);
        long keptBytes = graph.valueWidth() * n * backend.precision().sizeBytes();
        boolean keep = keptBytes <= surface.limits().memoryBytes() * KEPT_SHARE && !passes().lean();
        keptFrame = kept.frame();
        keptValues = keep ? new Tensor[(n + passExamples - 1) / passExamples][] : null;
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
        return predictions.all();
    }

    /// r_i = f(x_i; θ) − y_i, n·K numbers.
    public double[] residuals() {
        double[] residuals = predictions();
        for (int i = 0; i < residuals.length; i++) {
            residuals[i] -= surface.targets()[i];
        }
        return residuals;
    }

    /// Why nothing can be said of the residuals but that they are small: ‖r‖ over all examples is at most [#RESIDUAL_ROUNDINGS] · u · ‖y‖, u the backend's unit roundoff.
    /// Null where they are larger.
    ///
    /// r is a difference of outputs and targets of nearly the same size, and outputs are off by some u of theirs: at 16 u, errors of 2 u an output are an eighth of the
    /// residuals, and 1/64 of their squares. Below, what was to be a direction soon is that of the rounding, which a higher precision does without.
    public String lostInRounding() {
        double squaredResidual = 0;
        double squaredTarget = 0;
        double[] residuals = residuals();
        for (int i = 0; i < residuals.length; i++) {
            squaredResidual += residuals[i] * residuals[i];
            squaredTarget += surface.targets()[i] * surface.targets()[i];
        }
        var arithmetic = surface.backend().arithmetic();
        double roundings = Math.sqrt(squaredResidual) / (arithmetic.unitRoundoff() * Math.sqrt(squaredTarget));
        return !(roundings <= RESIDUAL_ROUNDINGS)
                ? null
                : String.format(Locale.ROOT,
                        "the residuals are lost in rounding: their norm is %.1f roundings of the targets' in %s, expected more than %d",
                        roundings, arithmetic.label(), RESIDUAL_ROUNDINGS);
    }

    /// L = (1/n) Σ_i ½‖r_i‖².
    public double loss() {
        return Arrays.stream(residuals()).map(r -> r * r).sum() / (2.0 * n);
    }

    /// ∇L = (1/n) Jᵀ r, p numbers.
    ///
    /// @throws ArithmeticException if an output or an entry is not finite: names the layer, or the parameter
    public HostBuffer gradient() {
        return one(this::gradient);
    }

    /// ∇L where the backend computes, into `gradient` (1, p).
    ///
    /// @throws IllegalArgumentException if `gradient` is not (1, p) in the backend's precision
    /// @throws ArithmeticException as [#gradient()]
    public void gradient(Tensor gradient) {
        products("gradient", 1, gradient, () -> {
            predictions.find();
            blocks.gradient(this::residualSeeds, gradient);
        });
    }

    /// J·v, n·K numbers.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public double[] jacobianVector(HostBuffer v) {
        checks.direction("jacobian", v);
        try (var _ = scratch.frame()) {
            return jacobianVectors(upload(scratch, v, (int) v.length()))[0];
        }
    }

    /// J·v for each row v of `directions` (m, p): n·K numbers each. Several directions share the forward pass and go through the layers together; the bits of a
    /// product do not depend on the other directions.
    ///
    /// @throws IllegalArgumentException if the directions are not (m, p) in the backend's precision, or an entry is not finite
    public double[][] jacobianVectors(Tensor directions) {
        checks.directions("jacobian", directions);
        return blocks.jacobian(directions);
    }

    /// Jᵀ·u, p numbers.
    ///
    /// @throws IllegalArgumentException if u does not have n·K entries or one is not finite
    public HostBuffer vectorJacobian(double[] u) {
        double[][] only = {u};
        return one(product -> vectorJacobians(only, product));
    }

    /// Jᵀ·u for each of m vectors u of n·K numbers, into the rows of `products` (m, p), which share the forward pass.
    ///
    /// @throws IllegalArgumentException if a u does not have n·K entries, one is not finite, or `products` is not (m, p) in the backend's precision
    /// @throws ArithmeticException if a product is not finite: names the parameter
    public void vectorJacobians(double[][] u, Tensor products) {
        for (double[] each : u) {
            checks.cotangent("jacobian-transpose", each, n * outputs);
        }
        products("jacobian-transpose", u.length, products, () -> blocks.transposed(u, products));
    }

    /// G·v with G = (1/n) JᵀJ, the Gauss–Newton (Fisher) matrix: one tangent pass, one cotangent pass.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer gaussNewtonVector(HostBuffer v) {
        return one("gauss-newton", v, this::gaussNewtonVectors);
    }

    /// G·v for each row v of `directions` (m, p), into the rows of `products` (m, p), as [#hessianVectors] has it.
    public void gaussNewtonVectors(Tensor directions, Tensor products) {
        products("gauss-newton", directions, products, () -> blocks.gaussNewton(directions, products));
    }

    /// Σ₁·v with Σ₁ = (1/n) Σ_i ∇L_i ∇L_iᵀ, the second moment of per-example gradients: ∇L_i·v = r_iᵀ (J v)_i.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer gradientSecondMomentVector(HostBuffer v) {
        return one("gradient-second-moment", v, this::gradientSecondMomentVectors);
    }

    /// Σ₁·v for each row v of `directions` (m, p), into the rows of `products` (m, p), as [#hessianVectors] has it.
    public void gradientSecondMomentVectors(Tensor directions, Tensor products) {
        products("gradient-second-moment", directions, products, () -> blocks.secondMoment(directions, residuals(), false, products));
    }

    /// Σ·v with Σ = (1/n) Σ_i ∇L_i ∇L_iᵀ − ∇L ∇Lᵀ, the covariance of SGD's noise at batch size 1: Σ v = (1/n) Σ_i (∇L_i·v − ∇L·v) ∇L_i.
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer noiseCovarianceVector(HostBuffer v) {
        return one("noise-covariance", v, this::noiseCovarianceVectors);
    }

    /// Σ·v for each row v of `directions` (m, p), into the rows of `products` (m, p), as [#hessianVectors] has it.
    public void noiseCovarianceVectors(Tensor directions, Tensor products) {
        products("noise-covariance", directions, products, () -> blocks.secondMoment(directions, residuals(), true, products));
    }

    /// H·v with the full Hessian H = G + (1/n) Σ_ik r_ik ∇²f_k(x_i): forward over reverse (Pearlmutter 1994).
    ///
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    public HostBuffer hessianVector(HostBuffer v) {
        return one("hessian", v, this::hessianVectors);
    }

    /// H·v for each row v of `directions` (m, p), into the rows of `products` (m, p), which may be the same tensor. Several directions share forward values and
    /// cotangents and go through the layers together; the bits of a product do not depend on the other directions, nor on the memory limit.
    ///
    /// @throws IllegalArgumentException if directions or products are not (m, p) in the backend's precision, or an entry is not finite
    /// @throws ArithmeticException if an output or a product is not finite: names the layer, or the parameter
    public void hessianVectors(Tensor directions, Tensor products) {
        products("hessian", directions, products, () -> {
            predictions.find();
            blocks.hessian(directions, this::residualSeeds, products);
        });
    }

    private void products(String operator, Tensor directions, Tensor products, Runnable computation) {
        checks.directions(operator, directions);
        products(operator, directions.rows(), products, computation);
    }

    private void products(String operator, long count, Tensor products, Runnable computation) {
        checks.room(operator, products, count);
        computation.run();
        checks.products(products);
    }

    private HostBuffer one(String operator, HostBuffer v, BiConsumer<Tensor, Tensor> block) {
        checks.direction(operator, v);
        return one(product -> block.accept(upload(scratch, v, (int) v.length()), product));
    }

    /// One vector like θ.
    private HostBuffer one(Consumer<Tensor> computation) {
        try (var _ = scratch.frame()) {
            Tensor product = scratch.tensor(1, (int) network.parameterCount());
            computation.accept(product);
            HostBuffer result = HostBuffer.collected(backend.precision(), product.length());
            backend.download(product, result);
            return result;
        }
    }

    private double[] scaledResiduals() {
        return Arrays.stream(residuals()).map(r -> r * (1.0 / n)).toArray();
    }

    /// r/n, (n, K), where the backend computes, of predictions that have been found.
    private Tensor residualSeeds() {
        if (keptResiduals == null) {
            Tensor residuals = kept.tensor(n, outputs);
            try (HostBuffer buffer = HostBuffer.of(scaledResiduals())) {
                backend.upload(buffer, residuals);
            }
            keptResiduals = residuals;
        }
        return keptResiduals;
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
        int tile = Math.min(Math.min(tileExamples(), count), surface.limits().examples(ROWS_SHARE, rowBytes, Backend.TILE_EXAMPLES));
        passes().overTiles("per-example gradients", this, tile, examples -> {
            for (int at = 0; at < count; at += examples) {
                try (var _ = scratch.frame()) {
                    Tensor rows = gradientRows(explicit, surface.x().rows(from + at, Math.min(examples, count - at)));
                    backend.download(rows, gradients.slice((long) at * outputs * p, rows.length()));
                }
            }
        });
        return gradients;
    }

    /// The gradients of the examples x, (count·K, p).
    private Tensor gradientRows(GramPlan explicit, Tensor x) {
        var features = GramFeatures.of(graph, explicit, x, null, (start, ignored) -> {}, scratch);
        Tensor rows = scratch.zeros(x.rows() * outputs, (int) network.parameterCount());
        for (int v = 1; v < network.firstNodeValue(); v++) {
            if (features.rows(v) != null) {
                Parameter parameter = network.parameter(v);
                var place = new StridedMap(0, (int) parameter.offset(), List.of(new StridedMap.Axis(parameter.count(), 1, 1)));
                backend.copy(place, 1, features.rows(v), true, rows);
            }
        }
        return rows;
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
        return new GramMatrix(this).entries(progress);
    }

    /// The sums over all pairs of examples from which every alignment figure follows, in one pass of symmetric tiles; M is never stored.
    public GramSums gramSums(Progress progress) {
        return new GramMatrix(this).sums(progress);
    }

    /// Examples in a tile of a pass. They change only while no forward values are kept.
    int tileExamples() {
        return Math.min(passExamples, passes().mostExamples());
    }

    /// How passes are cut.
    Passes passes() {
        return surface.passes();
    }

    /// Gives back all memory that is kept for later passes, and keeps none from now on.
    void release() {
        blocks.forget();
        keptValues = null;
        keptResiduals = null;
        keptFrame.close();
        kept.release();
        scratch.release();
        backend.release();
    }

    Graph graph() {
        return graph;
    }

    Workspace scratch() {
        return scratch;
    }

    /// What passes over the examples come across.
    Predictions found() {
        return predictions;
    }

    interface TileAction {
        void run(int from, int count, Tensor[] values);
    }

    /// Runs `action` on each tile of examples in order, with its forward values, in a frame of the scratch workspace.
    void forEachTile(int tileExamples, TileAction action) {
        for (int from = 0; from < n; from += tileExamples) {
            int count = Math.min(tileExamples, n - from);
            try (var _ = scratch.frame()) {
                action.run(from, count, values(from, count));
            }
        }
    }

    /// Forward values that are kept of `count` examples from `from` on, or null where it is better to compute them again: they are not there, and too many for the
    /// caches.
    Tensor[] knownValues(int from, int count) {
        return isKeptTile(from, count) && (keptValues[from / passExamples] != null || count <= graph.stretch()) ? values(from, count) : null;
    }

    private boolean isKeptTile(int from, int count) {
        return keptValues != null && from % passExamples == 0 && count == Math.min(passExamples, n - from);
    }

    /// Forward values of `count` examples from `from` on: kept ones of a whole tile where there is room for them, else in the scratch workspace.
    Tensor[] values(int from, int count) {
        Tensor x = surface.x().rows(from, count);
        if (!isKeptTile(from, count)) {
            return graph.forward(x, scratch);
        }
        int t = from / passExamples;
        if (keptValues[t] == null) {
            keptValues[t] = graph.forward(x, kept);
        }
        return keptValues[t];
    }

    private void checkRange(int from, int count) {
        if (from < 0 || count < 1 || from > n - count) {
            throw new IllegalArgumentException("examples " + from + " to " + ((long) from + count - 1) + " asked for, there are " + n);
        }
    }

    /// Frees what it holds. Closing twice is harmless.
    @Override
    public void close() {
        scope.close();
    }
}
