package io.plumbline.backend;

import io.plumbline.data.Philox;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ObjIntConsumer;

/// The primitives that every layer and derivative is written in. All tensors of a call belong to this backend and its precision.
///
/// **Same bits.** A result's bits depend on nothing but the operands: not on the number of threads, and not on how the examples were cut into
/// tiles, as long as each tile starts at a multiple of [#TILE_EXAMPLES] (Gram tiles) or [#CHUNK_ROWS] (sums over rows).
///
/// **Broadcasting.** Where operands of one call differ in rows, the one with r of m rows serves row ⌊row·r/m⌋: a parameter (1 row) serves all, an
/// activation (one row an example) serves its example's K cotangent rows. One column serves all columns.
///
/// **Directions.** Tangents along m directions are interleaved: row i·m + k is that of example i along direction k, and a parameter's tangent has a row, or a
/// matrix, for each direction. A primitive with the parameter `directions` takes such operands apart, next to others that have no directions and serve
/// all: part k of the result is what the parts k give alone, to the bit. With one direction it is the primitive as usual.
///
/// Callers see to it that shapes fit (layers check them when a network is built); a backend throws [IllegalArgumentException] naming them if not.
public interface Backend extends AutoCloseable {
    /// Gram tiles start at multiples of this many examples.
    int TILE_EXAMPLES = 32;
    /// Sums over rows are taken in chunks of this many rows, each chunk's sum added in ascending order; passes over examples go in tiles of so many, or a multiple.
    int CHUNK_ROWS = 256;

    /// `reference`, `cpu` or `cuda`: the value of `--device`.
    String name();

    /// One line for people: which library computes, on how many threads.
    String description();

    /// What it computes in and what its buffers hold.
    Precision precision();

    /// What it rounds to: its precision's, unless it says otherwise.
    default Arithmetic arithmetic() {
        return Arithmetic.of(precision());
    }

    /// Whether its tensors may lie in host buffers that somebody else allocated.
    boolean readsHostMemory();

    /// Threads it computes with.
    int threads();

    /// A new buffer of this backend's precision; the caller owns it. Contents are undefined.
    ///
    /// @throws DeviceMemoryException if the backend has a memory of its own, and that has no room for it
    Buffer allocate(long length);

    /// Bytes that buffers may still take where the backend has a memory of its own; nothing on the host, whose memory is everybody's.
    default OptionalLong freeBytes() {
        return OptionalLong.empty();
    }

    /// Gives back the memory that it keeps for calls to come. Buffers stay.
    default void release() {}

    /// Copies `source` (either precision) into `target`, same number of entries.
    void upload(HostBuffer source, Tensor target);

    /// Copies `source` into `target` (either precision), same number of entries.
    void download(Tensor source, HostBuffer target);

    /// Every entry of `t` becomes `value`.
    void fill(Tensor t, double value);

    /// Row i of out (m, ·) = the signs −1 and 1, equally likely, of stream `streams[i]` of the seed ([Philox#rademacher]), the same bits on every backend.
    default void randomSigns(long seed, long[] streams, Tensor out) {
        Shapes.random(streams, out);
        uploadRows(out, (numbers, row) -> new Philox(seed, streams[row]).fillRademacher(numbers, 1));
    }

    /// Row i of out (m, ·) = the standard normal numbers of stream `streams[i]` of the seed ([Philox#normal]): the same bits on every backend of the host, within
    /// 6 roundings of a double and the one to the backend's precision elsewhere.
    default void randomNormals(long seed, long[] streams, Tensor out) {
        Shapes.random(streams, out);
        uploadRows(out, (numbers, row) -> new Philox(seed, streams[row]).fillNormal(numbers, 1));
    }

    private void uploadRows(Tensor out, ObjIntConsumer<HostBuffer> fill) {
        try (HostBuffer numbers = HostBuffer.allocate(precision(), out.columns())) {
            for (int row = 0; row < out.rows(); row++) {
                fill.accept(numbers, row);
                upload(numbers, out.rows(row, 1));
            }
        }
    }

    /// y = x·w, or x·wᵀ (or += if `accumulate`). x (m,k), w (k,n) or (n,k) if `transposed`, y (m,n).
    default void multiply(Tensor x, Tensor w, boolean transposed, boolean accumulate, Tensor y) {
        multiply(1, x, w, transposed, null, accumulate, y);
    }

    /// The same along d directions: y (m·d, n) has them, x (m or m·d rows) and w (one matrix, or d below each other) may.
    default void multiply(int directions, Tensor x, Tensor w, boolean transposed, boolean accumulate, Tensor y) {
        multiply(directions, x, w, transposed, null, accumulate, y);
    }

    /// The same, plus `bias` (1 or d rows, n) in every row where it is not null: y = x·w + 1·bias (or +=).
    void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, boolean accumulate, Tensor y);

    /// g = aᵀ·b (or +=): the sum over rows of the outer products of a (m,r) and b (m,c), g (r,c).
    default void sumOuter(Tensor a, Tensor b, boolean accumulate, Tensor g) {
        sumOuter(1, a, b, accumulate, g);
    }

    /// The same along d directions: g (d·r, c), d matrices below each other; of a and b both have them (the same number of rows), or one does (d times the rows).
    void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g);

    /// A batch of such sums (batched GEMM): out_s = a_sᵀ·b_s (or +=), flattened, one for each row s of out (m, r·c). Part s of a is `terms` consecutive
    /// rows of it; a (·, r) and b (·, c) have m parts or a divisor of m, and then broadcast over parts. With one term: out_s = a_s ⊗ b_s.
    void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out);

    /// out = f⁽ᵒʳᵈᵉʳ⁾(x) ∘ a ∘ b (or +=), a and b optional (null), broadcast over rows, all of the same columns.
    void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out);

    /// out = α · a ∘ b (or +=), b optional (null), broadcast over rows and columns.
    /// Where `out` has fewer rows than a and b, groups of m/rows consecutive rows are summed (all rows if it has 1);
    /// where it has 1 column and they have more, columns are summed. Sums are accumulated in double.
    void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out);

    /// Inner products of rows, out[i·l + j] = Σ_c a[i,c]·b[j,c] with a (m,c) and b (l,c): accumulated in double, and given in double whatever the precision.
    double[] rowProducts(Tensor a, Tensor b);

    /// y = the [Convolution] of each row of x (m, C·H·W) with w (1, [Convolution#weights()]), plus b[o] in channel o where `bias` (1, O) is not null (or +=),
    /// y (m, [Convolution#size()]).
    default void convolve(Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        convolve(1, c, x, w, bias, accumulate, y);
    }

    /// The same along d directions: y (m·d, ·) has them, x (m or m·d rows), w (1 or d rows) and `bias` (1 or d rows) may.
    void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y);

    /// The adjoint in x, row by row: x[c, ·] = Σ_{o, taps} w[o, c, tap] · y[o, ·] (or +=), shapes as in [#convolve].
    default void convolveTransposed(Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        convolveTransposed(1, c, y, w, accumulate, x);
    }

    /// The same along d directions: x (m·d, ·) has them, y (m or m·d rows) and w (1 or d rows) may.
    void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x);

    /// The adjoint in w: of y (m, [Convolution#size()]) and x (m or a divisor of it, C·H·W; broadcast over rows),
    /// g[o, c, k, l] = Σ_{a, b} y[o, a, b] · x[c, row(a, k), column(b, l)] (or +=). g (m, [Convolution#weights()]) has one for each row of y;
    /// g (1, ·) the sum over rows, in chunks of [#CHUNK_ROWS] (m > 1: x has as many rows as y).
    default void convolutionGradient(Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        convolutionGradient(1, c, y, x, accumulate, g);
    }

    /// The sum over rows along d directions: g (d, ·); of y and x both have them (the same number of rows), or one does (d times the rows).
    void convolutionGradient(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g);

    /// What a window sees: out (m · positions, C · taps), row (i, position) holds x[c, row(a, k), column(b, l)] for all c, k, l, 0 where it is padding.
    /// A 1 × 1 window makes of each row of x (m, C·H·W) its transpose (H·W, C).
    void unfold(Window w, Tensor x, Tensor out);

    /// out[c, a, b] = source[c, that entry of the window where x is largest] (or +=), the first of equals in row-major order, a NaN before all others; padding
    /// never. x (m or a divisor of it, C·H·W), source (m, C·H·W), out (m, C · positions). With source = x it is max pooling, with tangents of x their tangents.
    void maxPool(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out);

    /// The adjoint of [#maxPool] in source: out (m, C·H·W) gets y (m, C · positions) where x (m or a divisor of it) is largest (or +=).
    void maxPoolTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out);

    /// y[c, a, b] = the mean over the window (or +=), padding counting as 0. The divisor counts the taps on the array, and those on the declared padding too if
    /// `includePadding`; never those beyond it. x (m, C·H·W), y (m, C · positions); sums in double.
    void averagePool(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y);

    /// The adjoint of [#averagePool], shapes as there; sums in double.
    void averagePoolTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x);

    /// Each row of out = α times what `map` makes of the same row of x (or +=); entries it does not write become 0 (or stay). Sums are accumulated in double, in
    /// the order of the axes.
    void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out);

    /// Row i of out (number of indices, c) is row rows[i] of x (·, c): a minibatch. Indices may repeat.
    void gather(Tensor x, int[] rows, Tensor out);

    /// m = Σ terms: a tile of J Jᵀ, (nᵢK, nⱼK).
    void gramTile(List<GramTerm> terms, int outputs, Tensor m);

    /// Accumulates the sums of [GramSums] over the tile of the examples [rowFrom, rowFrom + nᵢ) × [columnFrom, columnFrom + nⱼ) without storing M.
    /// A tile on the diagonal (`rowFrom == columnFrom`) counts its pairs once; another one counts for both (i,j) and (j,i).
    /// Call tiles with rowFrom ≤ columnFrom, columnFrom ascending, and for each all rowFrom ascending; both multiples of [#TILE_EXAMPLES].
    ///
    /// @param residuals r (n, K) of all examples, in double
    void gramSums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums);

    /// Eigenvalues, ascending, of the symmetric n × n matrix (row-major, double; its contents are destroyed).
    ///
    /// @throws ArithmeticException if the iteration does not converge or an entry is not finite
    double[] symmetricEigenvalues(HostBuffer matrix, int n);

    /// The same with eigenvectors, in double: row k of the matrix (row-major) becomes the vector, of length 1, of the returned eigenvalue k, ascending:
    /// A = Σ_k λ_k v_k v_kᵀ. Takes another 2n² doubles meanwhile on `cpu`.
    ///
    /// @throws ArithmeticException if the iteration does not converge or an entry is not finite
    /// @throws IllegalArgumentException if the matrix has more rows than the library can decompose
    double[] symmetricEigenvectors(HostBuffer matrix, int n);

    /// Work on one of several items that do not depend on each other.
    @FunctionalInterface
    interface Work {
        /// @param item which one, from 0 on
        /// @param lane computes on the calling thread alone, with the bits of the backend it belongs to, whose tensors are its own; valid until the call returns
        void run(long item, Backend lane);
    }

    /// How many examples a pass over all of them takes at a time, a multiple of [#CHUNK_ROWS], where the values of one take `exampleNumbers` numbers. No bits depend on
    /// it.
    default int passExamples(long exampleNumbers) {
        return CHUNK_ROWS;
    }

    /// How many of those go through all layers before the next ones, a multiple of [#TILE_EXAMPLES]: so many that a layer finds in the caches what the one before
    /// it wrote. No bits depend on it.
    default int stretchExamples(long exampleNumbers) {
        return passExamples(exampleNumbers);
    }

    /// Runs the items 0 to `items` − 1, in any order, and returns when all are done: where one item after the other would leave threads waiting for each other, each
    /// thread takes whole items. Work computes with its lane only, and with memory of its own. After a failure the remaining items are left out and
    /// the failure is thrown.
    default void forEach(long items, Work work) {
        for (long item = 0; item < items; item++) {
            work.run(item, this);
        }
    }

    /// Descents of many replicas of a small dense network that run in one launch; empty where there is no such launch, and steps are taken through the layers.
    ///
    /// @param x       (n, d): borrowed, must outlive it
    /// @param targets y (n, K), row-major: copied
    /// @param stream  of the numbers that batches are drawn with ([Philox#stream])
    default Optional<Descents> descents(DenseStack stack, Tensor x, HostBuffer targets, long stream) {
        return Optional.empty();
    }

    /// Trajectories of linearised SGD that stay where this backend computes; empty where the host is as good a place.
    ///
    /// @param gram   M (nK, nK), symmetric: borrowed, must outlive it
    /// @param starts (·, nK), likewise
    default Optional<LinearDescents> linearDescents(LinearDescents.Law law, Tensor gram, Tensor starts) {
        return Optional.empty();
    }

    /// For a piece of work that is done again and again.
    default Repetition repetition() {
        return Repetition.plain();
    }

    /// Waits until everything that was asked of it is done: a device computes while its caller goes on. What reads a result waits by itself.
    ///
    /// @throws DeviceException if something failed there
    default void synchronize() {}

    /// Stops its threads. Buffers stay with their owners.
    @Override
    void close();
}
