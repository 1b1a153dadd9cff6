package io.plumbline.backend.cuda;

import static io.plumbline.backend.Backend.TILE_EXAMPLES;

import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import java.util.List;

/// Tiles of M = J Jᵀ, and the sums over them.
///
/// At one output and one position a kernel forms M and its sums in one go. Else parts of M, small enough for the device's cache, go through memory. Either way what an
/// example has with a block of [io.plumbline.backend.Backend#TILE_EXAMPLES] partners (fewer for many outputs) is summed by itself, and such sums are added in ascending
/// order: neither tiles nor parts change a bit.
final class GramPass {
    private static final int THREADS = 256;
    private static final int TILE_COLUMNS = 64;
    /// Sums of blocks that wait for their addition take 256 MiB for so many examples of rows and columns, at one output.
    private static final int MOST_ROWS = 16_384;
    private static final int MOST_COLUMNS = 8_192;
    /// A part of M in memory.
    private static final long PART_BYTES = 32L << 20;
    /// Products of factors with one row an example, for a tile of M.
    private static final long PREPARED_BYTES = 256L << 20;
    private static final int POSITION_TILE = 64;
    private static final int WARPS = 8;

    private final Launcher launcher;
    private final DeviceScratch scratch;
    private final Products products;
    private final int sizeBytes;
    /// Rows of M that a block of threads computes (`GramTiling`, gram.cuh).
    private final int tileRows;
    /// What it takes of shared memory (asserted in gram.cuh), and where there are positions (gram_positions.cu).
    private final int sharedBytes;
    private final int positionSharedBytes;

    GramPass(Launcher launcher, DeviceScratch scratch, Products products) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.products = products;
        sizeBytes = launcher.precision().sizeBytes();
        tileRows = sizeBytes == Float.BYTES ? 128 : 64;
        sharedBytes = sizeBytes == Float.BYTES ? 82_432 : 87_040;
        positionSharedBytes = sizeBytes == Float.BYTES ? 33_792 : 67_584;
        launcher.kernels().allowSharedBytes("gram_tile", sharedBytes);
        launcher.kernels().allowSharedBytes("gram_sums", sharedBytes);
        launcher.kernels().allowSharedBytes("gram_positions", positionSharedBytes);
    }

    /// A part of a tile: examples of its two sides, from the tile's first ones on.
    private record Part(int rowFrom, int rowTo, int columnFrom, int columnTo) {
        int rows() {
            return rowTo - rowFrom;
        }

        int columns() {
            return columnTo - columnFrom;
        }
    }

    /// Terms on the device.
    ///
    /// @param products where products of factors with one row an example go, `productLength` numbers for each
    /// @param unit     examples of a block; pairs of blocks below the diagonal are left out where both sides are the same examples. 0 for none
    private record Prepared(GramOperands operands, long terms, long products, long productLength, int mostColumns, int unit) {}

    void tile(List<GramTerm> terms, int outputs, Tensor m) {
        int rows = Math.toIntExact(m.rows() / outputs);
        int columns = m.columns() / outputs;
        var operands = new GramOperands(launcher.precision(), terms, outputs, rows, columns);
        long exampleBytes = Math.max(1, (long) operands.prepared().size() * operands.preparedNumbers() * columns * sizeBytes);
        int step = Math.clamp(PREPARED_BYTES / exampleBytes, 1, Math.max(1, rows));
        Prepared prepared = prepare(operands, step, columns, operands.isSymmetric() ? TILE_EXAMPLES : 0);
        for (int from = 0; from < rows; from += step) {
            var part = new Part(from, Math.min(rows, from + step), 0, columns);
            entries(prepared, part, Launcher.address(m, launcher.precision()) + (long) from * outputs * m.columns() * sizeBytes, m.columns());
        }
        if (operands.isSymmetric()) {
            long tiles = Math.ceilDiv(m.rows(), TILE_EXAMPLES);
            launcher.kernel("gram_mirror").tensor(m).i64(m.rows()).launch(tiles * tiles, 1, 1, THREADS, 0);
        }
    }

    private Prepared prepare(GramOperands operands, int mostRows, int mostColumns, int unit) {
        long length = (long) mostRows * mostColumns * operands.preparedNumbers();
        long products = scratch.address("gram products", operands.prepared().size() * length * sizeBytes);
        long terms = scratch.upload("gram terms", operands.words(products, length, mostColumns));
        return new Prepared(operands, terms, products, length, mostColumns, unit);
    }

    /// The entries of M of a part, rows `stride` numbers apart; those of pairs that are left out stay as they are.
    private void entries(Prepared prepared, Part part, long m, long stride) {
        GramOperands operands = prepared.operands;
        int outputs = operands.outputs();
        long product = prepared.products;
        for (GramOperands.Factor factor : operands.prepared()) {
            multiply(factor, part, product, (long) prepared.mostColumns * factor.columnEach());
            product += prepared.productLength * sizeBytes;
        }
        launcher.kernel("gram_tile").address(prepared.terms).i32(operands.termCount())
                .i32(part.rowFrom * outputs).i32(part.rowTo * outputs).i32(part.columnFrom * outputs).i32(part.columnTo * outputs)
                .i32(outputs).i32(prepared.unit).address(m).i64(stride)
                .launch(tiles(part.rows() * outputs, part.columns() * outputs), 1, 1, THREADS, sharedBytes);
        for (GramOperands.Term term : operands.positionTerms()) {
            int each = Math.max(1, POSITION_TILE / term.positions());
            long groups = (long) Math.ceilDiv(part.rows(), each) * Math.ceilDiv(part.columns(), each);
            launcher.kernel("gram_positions");
            factor(term.first());
            factor(term.second());
            launcher.i32(term.plusOne() ? 1 : 0).i32(term.positions())
                    .i32(part.rowFrom).i32(part.rowTo).i32(part.columnFrom).i32(part.columnTo).i32(outputs).i32(prepared.unit).address(m).i64(stride)
                    .launch(Math.min(groups, Integer.MAX_VALUE), outputs, 1, THREADS, positionSharedBytes);
        }
    }

    private void factor(GramOperands.Factor factor) {
        if (factor == null) {
            launcher.tensor(null).tensor(null).i32(0).i32(1).i32(1);
        } else {
            launcher.tensor(factor.row()).tensor(factor.column()).i32(factor.inner()).i32(factor.rowEach()).i32(factor.columnEach());
        }
    }

    private long tiles(int rows, int columns) {
        return (long) Math.ceilDiv(rows, tileRows) * Math.ceilDiv(columns, TILE_COLUMNS);
    }

    /// The inner products of a factor's rows, for the examples of a part.
    private void multiply(GramOperands.Factor factor, Part part, long product, long stride) {
        long x = first(factor.row(), part.rowFrom, factor.rowEach());
        long w = first(factor.column(), part.columnFrom, factor.columnEach());
        long rows = (long) part.rows() * factor.rowEach();
        products.multiplyTransposed(x, w, rows, part.columns() * factor.columnEach(), factor.inner(), product, stride);
    }

    private long first(Tensor factor, int example, int each) {
        return Launcher.address(factor, launcher.precision()) + (long) example * each * factor.columns() * sizeBytes;
    }

    void sums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        if (rowExamples == 0 || columnExamples == 0) {
            return;
        }
        var operands = new GramOperands(launcher.precision(), terms, sums.outputs, rowExamples, columnExamples);
        boolean same = rowFrom == columnFrom;
        boolean fused = sums.outputs == 1 && operands.positionTerms().isEmpty();
        int side = (int) Math.sqrt((double) PART_BYTES / sizeBytes) / sums.outputs;
        int unit = fused ? TILE_EXAMPLES : Math.clamp(Integer.highestOneBit(side), 1, TILE_EXAMPLES);
        int rowStep = fused ? MOST_ROWS : Math.max(unit, side / unit * unit);
        int columnStep = fused ? MOST_COLUMNS : rowStep;
        var state = new GramState(sums, rowFrom, rowExamples, columnFrom, columnExamples);
        long address = scratch.address("gram state", state.sizeBytes());
        scratch.upload(state.sent(residuals), address);
        var device = new OnDevice(address, state, sums.outputs, unit, same);
        Prepared prepared = prepare(operands, Math.min(rowStep, rowExamples), Math.min(columnStep, columnExamples), same ? unit : 0);
        for (int column = 0; column < columnExamples; column += columnStep) {
            int columnTo = Math.min(columnExamples, column + columnStep);
            int rows = same ? columnTo : rowExamples;
            for (int row = 0; row < rows; row += rowStep) {
                addPart(prepared, new Part(row, Math.min(rows, row + rowStep), column, columnTo), fused, device);
            }
        }
        state.receive(scratch, address + state.rows());
    }

    /// What parts of a tile read and add to on the device.
    private record OnDevice(long address, GramState state, int outputs, int unit, boolean same) {
        int figures() {
            return GramState.figures(outputs);
        }

        long figuresBytes() {
            return (long) figures() * Double.BYTES;
        }

        long rowResiduals(int example) {
            return address + state.rowResiduals(example);
        }

        long columnResiduals(int example) {
            return address + state.columnResiduals(example);
        }

        long diagonals(int example) {
            return address + state.diagonals(example);
        }
    }

    /// What a part contributes to its examples, first to those of its columns, whose partners come before them.
    private void addPart(Prepared prepared, Part part, boolean fused, OnDevice device) {
        int rowBlocks = Math.ceilDiv(part.rows(), device.unit);
        int columnBlocks = Math.ceilDiv(part.columns(), device.unit);
        long rowParts = scratch.address("gram parts of rows", (long) columnBlocks * part.rows() * device.figuresBytes());
        long columnParts = scratch.address("gram parts of columns", (long) rowBlocks * part.columns() * device.figuresBytes());
        if (fused) {
            launcher.kernel("gram_sums").address(prepared.terms).i32(prepared.operands.termCount())
                    .i32(part.rowFrom).i32(part.rowTo).i32(part.columnFrom).i32(part.columnTo).i32(device.same ? 1 : 0)
                    .address(device.rowResiduals(0)).address(device.columnResiduals(0)).address(rowParts).address(columnParts)
                    .address(device.diagonals(part.rowFrom))
                    .launch(tiles(part.rows(), part.columns()), 1, 1, THREADS, sharedBytes);
        } else {
            long stride = (long) part.columns() * device.outputs;
            long m = scratch.address("gram entries", (long) part.rows() * device.outputs * stride * sizeBytes);
            entries(prepared, part, m, stride);
            addBlocks(m, stride, part, true, rowParts, device);
            addBlocks(m, stride, part, false, columnParts, device);
        }
        var state = device.state;
        fold(columnParts, rowBlocks, part.rowFrom, part.columnFrom, part.columns(), device.same ? 1 : 0, state.columns(), state.columnExamples(),
                device);
        fold(rowParts, columnBlocks, part.columnFrom, part.rowFrom, part.rows(), device.same ? 2 : 0, state.rows(), state.rowExamples(), device);
    }

    private void addBlocks(long m, long stride, Part part, boolean ofRows, long parts, OnDevice device) {
        int outputs = device.outputs;
        int from = ofRows ? part.rowFrom : part.columnFrom;
        int examples = ofRows ? part.rows() : part.columns();
        int partnersFrom = ofRows ? part.columnFrom : part.rowFrom;
        int partners = ofRows ? part.columns() : part.rows();
        long pairs = (long) examples * Math.ceilDiv(partners, device.unit);
        sides("gram_block_sums", m, stride, device, from, examples, partnersFrom, partners, ofRows, parts)
                .address(ofRows ? device.rowResiduals(from) : device.columnResiduals(from))
                .address(ofRows ? device.columnResiduals(partnersFrom) : device.rowResiduals(partnersFrom))
                .address(device.diagonals(from))
                .launch(outputs < WARPS ? Math.ceilDiv(pairs, WARPS) : pairs, 1, 1, THREADS, 0);
        if (outputs > 1) {
            int tile = outputs <= 8 ? 8 : outputs <= 16 ? 16 : 32;
            long tiles = Math.ceilDiv(outputs, tile);
            sides("gram_block_products_" + tile, m, stride, device, from, examples, partnersFrom, partners, ofRows, parts)
                    .launch(pairs, tiles * (tiles + 1) / 2, 1, THREADS, 0);
        }
    }

    private Launcher sides(
            String kernel, long m, long stride, OnDevice device, int from, int examples, int partnersFrom, int partners, boolean ofRows, long parts) {
        return launcher.kernel(kernel).address(m).i64(stride).i32(device.outputs).i32(device.unit).i32(from).i32(examples).i32(partnersFrom)
                .i32(partners)
                .i32(ofRows ? 1 : 0).i32(device.same ? 1 : 0).i32(device.figures()).address(parts);
    }

    private void fold(
            long parts, int slots, int partnersFrom, int from, int examples, int side, long sums, int sumsExamples, OnDevice device) {
        launcher.kernel("gram_fold").address(parts).i32(slots).i32(partnersFrom / device.unit).i32(examples).i32(device.outputs).i32(from)
                .i32(device.unit).i32(side).address(device.address + sums).i32(sumsExamples)
                .share((long) examples * device.figures(), THREADS);
    }
}
