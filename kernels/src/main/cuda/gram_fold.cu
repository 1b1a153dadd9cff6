// sums[e,f] += Σ_slot parts[slot,e,f], slots ascending      parts (slots, examples, figures)  sums (examples, figures), double
// Slot s is what example e has with the block `firstBlock` + s of `unit` examples; e itself lies in block ⌊(firstExample + e)/unit⌋.
//   side 0   all slots
//   side 1   those before its own block: what it has as a column of M, where both sides are the same examples
//   side 2   its own and those after it: what it has as a row
// cost: one read an entry of parts
#include "kernel.cuh"

KERNEL(256, gram_fold)
(const double* parts, int slots, int firstBlock, int examples, int figures, int firstExample, int unit, int side, double* sums) {
    const int64 length = static_cast<int64>(examples) * figures;
    for (int64 at = plumbline::gridIndex(); at < length; at += plumbline::gridStride()) {
        const int own = static_cast<int>((firstExample + at / figures) / unit) - firstBlock;
        const int from = side == 2 && own > 0 ? own : 0;
        const int to = side == 1 && own < slots ? own : slots;
        double sum = sums[at];
#pragma unroll 8
        for (int slot = from; slot < to; slot++) {
            sum += parts[slot * length + at];
        }
        sums[at] = sum;
    }
}
