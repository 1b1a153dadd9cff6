// m[a,b] = Σ_terms (first_a · first_b) (second_a · second_b + plusOne), terms of one position
// m (rows, columns), rows `stride` apart · = · accumulator real · cost 2·(d₁ + d₂) an entry and term · grid (tiles)
// Where both sides are the same examples, tiles that lie below the diagonal of blocks of `unit` examples (0: none) are left out.
#include "gram.cuh"

KERNEL_RESIDENT(256, sizeof(real) == 4 ? 2 : 1, gram_tile)
(const plumbline::GramTerm* terms, int count, int row, int rowEnd, int column, int columnEnd, int outputs, int unit, real* m, int64 stride) {
    using namespace plumbline;
    using T = GramTiling;
    DYNAMIC_SHARED(real, shared);
    const GramPart part{row, rowEnd, column, columnEnd};
    int a, b;
    tileOfBlock<T>(part, a, b);
    const int lastColumn = (b + T::BN < columnEnd ? b + T::BN : columnEnd) - 1;
    if (unit > 0 && a / outputs / unit > lastColumn / outputs / unit) {
        return;
    }
    const GramShared<T> tile(shared);
    gramEntries<T, true>(terms, count, part, a, b, tile);
    for (int i = 0; i < T::TM; i++) {
#pragma unroll
        for (int j = 0; j < T::TN; j++) {
            if (a + T::row(i) < rowEnd && b + T::column(j) < columnEnd) {
                m[static_cast<int64>(a + T::row(i) - row) * stride + b + T::column(j) - column] = tile.entries(i, j / T::NEIGHBOURS * T::NEIGHBOURS).at[j % T::NEIGHBOURS];
            }
        }
    }
}
