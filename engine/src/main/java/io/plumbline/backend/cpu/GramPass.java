package io.plumbline.backend.cpu;

import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Tiles of M = J Jᵀ and the sums over them, by pairs of blocks of 32 examples. A pair's part of M lives in its worker's scratch memory only; what it
/// contributes to each example is kept in a slot, and slots are added in ascending order of the partner's block, so that neither threads nor tiles
/// change a bit.
final class GramPass implements AutoCloseable {
    private static final int EXAMPLES = GramBlocks.EXAMPLES;
    /// Bytes of slots that wait to be added, unless a pair for each thread needs more.
    private static final long WAITING_BYTES = 1 << 25;
    /// Blocks on a side of a group of pairs that are computed together, at one output: so many that a slice of both sides fits the second cache.
    private static final int GROUP_SIDE = 4;
    /// Groups that a thread should find, so that all end at the same time.
    private static final int PIECES_A_THREAD = 4;

    private final Precision precision;
    private final Workers workers;
    private final int size;
    private final Scratch[] scratch;
    private final Scratch slots = new Scratch();

    GramPass(Precision precision, Workers workers) {
        this.precision = precision;
        this.workers = workers;
        size = precision.sizeBytes();
        scratch = new Scratch[workers.threads()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new Scratch();
        }
    }

    /// Pairs of blocks in the order in which they are added: by ascending column block, then ascending row block.
    ///
    /// @param upper whether only pairs on and above the diagonal count
    private record Pairs(int rowExamples, int columnExamples, boolean upper) {
        int rowBlocks() {
            return Math.ceilDiv(rowExamples, EXAMPLES);
        }

        int columnBlocks() {
            return Math.ceilDiv(columnExamples, EXAMPLES);
        }

        /// Row and column block of each pair.
        int[][] list() {
            int[][] pairs = new int[upper ? rowBlocks() * (rowBlocks() + 1) / 2 : rowBlocks() * columnBlocks()][];
            int next = 0;
            for (int column = 0; column < columnBlocks(); column++) {
                for (int row = 0; row < (upper ? column + 1 : rowBlocks()); row++) {
                    pairs[next++] = new int[] {row, column};
                }
            }
            return pairs;
        }

        int rowsOf(int block) {
            return Math.min(EXAMPLES, rowExamples - block * EXAMPLES);
        }

        int columnsOf(int block) {
            return Math.min(EXAMPLES, columnExamples - block * EXAMPLES);
        }
    }

    void tile(List<GramTerm> terms, int outputs, View m) {
        int rowExamples = (int) (m.rows() / outputs);
        int columnExamples = m.columns() / outputs;
        var blocks = new GramBlocks(precision, terms, outputs, rowExamples, columnExamples);
        var pairs = new Pairs(rowExamples, columnExamples, blocks.isSymmetric());
        int[][] list = pairs.list();
        int pieceExamples = blocks.pieceExamples();
        workers.run(list.length, (item, worker) -> {
            int row = list[(int) item][0];
            int column = list[(int) item][1];
            int height = pairs.rowsOf(row);
            int width = pairs.columnsOf(column);
            long piece = scratch[worker].address(blocks.pieceBytes() + blocks.scratchBytes());
            for (int from = 0; from < height; from += pieceExamples) {
                int examples = Math.min(pieceExamples, height - from);
                int i = row * EXAMPLES + from;
                blocks.compute(List.of(new GramBlocks.Piece(i, examples, column * EXAMPLES, width, piece)), piece + blocks.pieceBytes());
                store(piece, examples * outputs, width * outputs, (long) i * outputs, column * EXAMPLES * outputs, blocks.isSymmetric(), m);
            }
        });
    }

    /// Copies a piece to its place in M and, where M is symmetric, what lies above the diagonal to its mirror image.
    private void store(long piece, int rows, int columns, long firstRow, int firstColumn, boolean symmetric, View m) {
        for (int p = 0; p < rows; p++) {
            int from = symmetric ? (int) Math.min(columns, Math.max(0, firstRow + p - firstColumn)) : 0;
            Memory.copy(
                    piece + ((long) p * columns + from) * size, m.rowAddress(firstRow + p) + (long) (firstColumn + from) * size,
                    (long) (columns - from) * size);
        }
        for (int q = 0; symmetric && q < columns; q++) {
            long target = m.rowAddress(firstColumn + q) + firstRow * size;
            for (int p = 0; p < rows && firstRow + p < firstColumn + q; p++) {
                Memory.copyOne(precision, piece + ((long) p * columns + q) * size, target + (long) p * size);
            }
        }
    }

    void sums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        int outputs = sums.outputs;
        var blocks = new GramBlocks(precision, terms, outputs, rowExamples, columnExamples);
        boolean diagonal = rowFrom == columnFrom;
        var pairs = new Pairs(rowExamples, columnExamples, diagonal);
        int[][] list = pairs.list();
        long slotBytes = PairSums.slotLength(outputs) * Double.BYTES;
        int wave = (int) Math.min(list.length, Math.max(workers.threads(), WAITING_BYTES / (2 * slotBytes)));
        long memory = slots.address(wave * (2 * slotBytes));
        for (int from = 0; from < list.length; from += wave) {
            int first = from;
            int count = Math.min(wave, list.length - from);
            Memory.ALL.asSlice(memory, 2L * count * slotBytes).fill((byte) 0);
            List<List<Pair>> groups = groups(list, first, count, outputs, memory, slotBytes, diagonal);
            workers.run(groups.size(),
                    (item, worker) -> addPairs(blocks, pairs, rowFrom, columnFrom, outputs, groups.get((int) item), worker, residuals));
            // On the diagonal both sides are the same blocks; else row blocks come first, then column blocks.
            int blockCount = diagonal ? pairs.rowBlocks() : pairs.rowBlocks() + pairs.columnBlocks();
            workers.run(blockCount, (item, worker) -> {
                int block = (int) item;
                int rowBlock = diagonal || block < pairs.rowBlocks() ? block : -1;
                int columnBlock = diagonal ? block : block - pairs.rowBlocks();
                for (int pair = 0; pair < count; pair++) {
                    int row = list[first + pair][0];
                    int column = list[first + pair][1];
                    long slot = memory + pair * (2 * slotBytes);
                    if (row == rowBlock) {
                        addSlot(slot, rowFrom + row * EXAMPLES, pairs.rowsOf(row), sums);
                    } else if (column == columnBlock) {
                        addSlot(slot + slotBytes, columnFrom + column * EXAMPLES, pairs.columnsOf(column), sums);
                    }
                }
            });
        }
    }

    /// A pair of blocks, and where what it contributes to its examples goes; the column side's slot is 0 on the diagonal, where the pair counts once.
    private record Pair(int row, int column, long rowSlot, long columnSlot) {}

    /// The pairs from `first` on, those of neighbouring blocks together: the fewer outputs, the more have to share what they read. Bits do not depend on it.
    private List<List<Pair>> groups(int[][] list, int first, int count, int outputs, long slots, long slotBytes, boolean diagonal) {
        int side = Math.max(1, GROUP_SIDE / outputs);
        while (side > 1 && count < PIECES_A_THREAD * workers.threads() * side * side) {
            side--;
        }
        Map<List<Integer>, List<Pair>> groups = new LinkedHashMap<>();
        for (int i = 0; i < count; i++) {
            int row = list[first + i][0];
            int column = list[first + i][1];
            long slot = slots + 2L * i * slotBytes;
            groups.computeIfAbsent(List.of(row / side, column / side), key -> new ArrayList<>())
                    .add(new Pair(row, column, slot, diagonal && row == column ? 0 : slot + slotBytes));
        }
        return List.copyOf(groups.values());
    }

    private void addPairs(
            GramBlocks blocks, Pairs pairs, int rowFrom, int columnFrom, int outputs, List<Pair> group, int worker, double[] residuals) {
        int pieceExamples = blocks.pieceExamples();
        long statisticsBytes = outputs == 1 ? ScalarPairSums.SCRATCH_BYTES : BlockPairSums.scratchBytes(outputs, pieceExamples);
        long statistics = scratch[worker].address(statisticsBytes + (long) group.size() * blocks.pieceBytes() + blocks.scratchBytes());
        long firstPiece = statistics + statisticsBytes;
        PairSums pairSums = outputs == 1
                ? new ScalarPairSums(ProductKernel.of(precision), size, statistics)
                : new BlockPairSums(precision, outputs, pieceExamples, statistics);
        for (int from = 0; from < EXAMPLES; from += pieceExamples) {
            List<GramBlocks.Piece> pieces = new ArrayList<>();
            for (Pair pair : group) {
                int height = Math.clamp(pairs.rowsOf(pair.row) - from, 0, pieceExamples);
                pieces.add(new GramBlocks.Piece(pair.row * EXAMPLES + from, height, pair.column * EXAMPLES, pairs.columnsOf(pair.column),
                        firstPiece + (long) pieces.size() * blocks.pieceBytes()));
            }
            blocks.compute(pieces, firstPiece + (long) group.size() * blocks.pieceBytes());
            for (int i = 0; i < group.size(); i++) {
                Pair pair = group.get(i);
                var rowSide = new PairSums.Side((rowFrom + pair.row * EXAMPLES) * outputs, pairs.rowsOf(pair.row));
                var columnSide = new PairSums.Side((columnFrom + pair.column * EXAMPLES) * outputs, pairs.columnsOf(pair.column));
                if (pieces.get(i).height() > 0) {
                    pairSums.add(pieces.get(i).m(), from, pieces.get(i).height(), rowSide, columnSide, residuals, pair.rowSlot, pair.columnSlot);
                }
            }
        }
    }

    private static void addSlot(long slot, int example, int examples, GramSums sums) {
        int k = sums.outputs;
        add(slot, PairSums.SQUARED_NORM, sums.squaredNorm, example, examples);
        add(slot, PairSums.SQUARED_PRODUCT, sums.squaredProduct, example, examples);
        add(slot, PairSums.SQUARED_FORM, sums.squaredForm, example, examples);
        add(slot, PairSums.TRACE, sums.diagonalTrace, example, examples);
        add(slot, PairSums.DIAGONAL_FORM, sums.diagonalForm, example, examples);
        add(slot, PairSums.DIAGONAL_NORM, sums.diagonalNorm, example, examples);
        add(slot, PairSums.DIAGONAL_PRODUCT, sums.diagonalProduct, example, examples);
        add(slot, PairSums.PRODUCT, sums.product, example * k, examples * k);
        if (k > 1) {
            add(slot, PairSums.block(k), sums.block, example * k * k, examples * k * k);
        }
    }

    private static void add(long slot, int offset, double[] target, int from, int count) {
        for (int i = 0; i < count; i++) {
            target[from + i] += Memory.getDouble(slot + (long) (offset + i) * Double.BYTES);
        }
    }

    @Override
    public void close() {
        slots.close();
        for (Scratch s : scratch) {
            s.close();
        }
    }
}
