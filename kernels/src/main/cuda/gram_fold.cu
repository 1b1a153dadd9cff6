// sums[e,f] += Σ_slot parts[slot,e,f], slots ascending      parts (slots, examples, figures)  double
// figures: three scalars, K numbers and, where K > 1, K² · sums: field by field of `sumsExamples` examples, those of the call from `firstExample` on (GramState.java)
// Slot s is what example e has with the block `firstBlock` + s of `unit` examples; e itself lies in block ⌊(firstExample + e)/unit⌋.
//   side 0   all slots
//   side 1   those before its own block: what it has as a column of M, where both sides are the same examples
//   side 2   its own and those after it: what it has as a row
// cost: one read an entry of parts
#include "kernel.cuh"

KERNEL(256, gram_fold)
(const double* parts, int slots, int firstBlock, int examples, int outputs, int firstExample, int unit, int side, double* sums, int sumsExamples) {
    const int figures = 3 + outputs + (outputs > 1 ? outputs * outputs : 0);
    const int64 length = static_cast<int64>(examples) * figures;
    for (int64 at = plumbline::gridIndex(); at < length; at += plumbline::gridStride()) {
        const int64 example = firstExample + at / figures;
        const int figure = static_cast<int>(at % figures);
        // The field's first figure, and how many it has.
        const int field = figure < 3 ? figure : figure < 3 + outputs ? 3 : 3 + outputs;
        const int width = figure < 3 ? 1 : figure < 3 + outputs ? outputs : outputs * outputs;
        double* const out = sums + static_cast<int64>(field) * sumsExamples + example * width + figure - field;
        const int own = static_cast<int>(example / unit) - firstBlock;
        const int from = side == 2 && own > 0 ? own : 0;
        const int to = side == 1 && own < slots ? own : slots;
        double sum = *out;
#pragma unroll 8
        for (int slot = from; slot < to; slot++) {
            sum += parts[slot * length + at];
        }
        *out = sum;
    }
}
