package io.plumbline.backend.cuda;

import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.List;

/// The terms of a tile of M as kernels read them. Where K > 1 and a factor has one row an example, its inner products serve K × K entries of M (or K): they are
/// computed before the others, into memory of their own.
final class GramOperands {
    /// One of the two inner products of a term, of one position or several.
    ///
    /// @param rowEach how many rows, or groups of T rows, an example has on the side of rows: 1 or K
    record Factor(Tensor row, Tensor column, int rowEach, int columnEach) {
        boolean isSymmetric() {
            return row.equals(column);
        }

        int inner() {
            return row.columns();
        }
    }

    /// @param second null for none
    record Term(Factor first, Factor second, boolean plusOne, int positions) {}

    private static final int FACTOR_WORDS = 5;
    private static final int TERM_WORDS = 2 * FACTOR_WORDS + 1;

    private final Precision precision;
    private final int outputs;
    private final int rowExamples;
    private final int columnExamples;
    /// Those of one position.
    private final List<Term> terms = new ArrayList<>();
    private final List<Term> positionTerms = new ArrayList<>();
    private final List<Factor> prepared = new ArrayList<>();

    /// @throws IllegalArgumentException if a factor has neither a row for each example nor one for each of its outputs
    GramOperands(Precision precision, List<GramTerm> terms, int outputs, int rowExamples, int columnExamples) {
        this.precision = precision;
        this.outputs = outputs;
        this.rowExamples = rowExamples;
        this.columnExamples = columnExamples;
        for (GramTerm term : terms) {
            Factor first = factor(term.firstRow(), term.firstColumn(), term.positions());
            Factor second = term.secondRow() == null ? null : factor(term.secondRow(), term.secondColumn(), term.positions());
            if (term.positions() > 1) {
                positionTerms.add(new Term(first, second, term.plusOne(), term.positions()));
                continue;
            }
            this.terms.add(new Term(first, second, term.plusOne(), 1));
            prepare(first);
            if (second != null) {
                prepare(second);
            }
        }
    }

    private Factor factor(Tensor row, Tensor column, int positions) {
        return new Factor(row, column, each(row, rowExamples, positions), each(column, columnExamples, positions));
    }

    private int each(Tensor factor, int examples, int positions) {
        if (factor.rows() != (long) examples * positions && factor.rows() != (long) examples * outputs * positions) {
            throw new IllegalArgumentException(
                    "gram tile: a factor " + factor.shape() + ", expected rows for " + positions + " positions of " + examples
                            + " examples or of " + examples + " x " + outputs + " outputs");
        }
        return factor.rows() == (long) examples * positions ? 1 : outputs;
    }

    private boolean isPrepared(Factor factor) {
        return factor.rowEach < outputs || factor.columnEach < outputs;
    }

    private void prepare(Factor factor) {
        if (isPrepared(factor) && !prepared.contains(factor)) {
            prepared.add(factor);
        }
    }

    int outputs() {
        return outputs;
    }

    List<Term> positionTerms() {
        return positionTerms;
    }

    /// What [#words] refers to as products computed before.
    List<Factor> prepared() {
        return prepared;
    }

    /// Numbers in such products for a pair of examples, at most.
    int preparedNumbers() {
        return prepared.stream().mapToInt(factor -> factor.rowEach * factor.columnEach).max().orElse(0);
    }

    int termCount() {
        return terms.size();
    }

    /// Whether both sides are the same rows, so that M is symmetric.
    boolean isSymmetric() {
        return rowExamples == columnExamples && terms.stream().allMatch(GramOperands::isSymmetric)
                && positionTerms.stream().allMatch(GramOperands::isSymmetric);
    }

    private static boolean isSymmetric(Term term) {
        return term.first.isSymmetric() && (term.second == null || term.second.isSymmetric());
    }

    /// The terms of one position as an array of `GramTerm` (gram.cuh).
    ///
    /// @param products    where the prepared products are, `productLength` numbers for each
    /// @param mostColumns examples of the side of columns that they are computed for at a time
    long[] words(long products, long productLength, int mostColumns) {
        long[] words = new long[terms.size() * TERM_WORDS];
        int at = 0;
        for (Term term : terms) {
            write(term.first, products, productLength, mostColumns, words, at);
            if (term.second != null) {
                write(term.second, products, productLength, mostColumns, words, at + FACTOR_WORDS);
            }
            words[at + 2 * FACTOR_WORDS] = term.plusOne ? 1 : 0;
            at += TERM_WORDS;
        }
        return words;
    }

    private void write(Factor factor, long products, long productLength, int mostColumns, long[] words, int at) {
        if (isPrepared(factor)) {
            words[at] = products + prepared.indexOf(factor) * productLength * precision.sizeBytes();
            words[at + 2] = (long) mostColumns * factor.columnEach;
            words[at + 3] = outputs / factor.rowEach;
            words[at + 4] = outputs / factor.columnEach;
        } else {
            words[at] = Launcher.address(factor.row, precision);
            words[at + 1] = Launcher.address(factor.column, precision);
            words[at + 2] = factor.inner();
            words[at + 3] = 1;
            words[at + 4] = 1;
        }
    }
}
