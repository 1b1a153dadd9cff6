// out[i] = Σ_part parts[part, i] (or +=)          parts (count, n)  out (n) · added one part after the other, in ascending order, in real
// cost: one read an entry of parts
#include "kernel.cuh"

KERNEL(256, fold)(const real* parts, int count, int64 n, int accumulate, real* out) {
    for (int64 i = plumbline::gridIndex(); i < n; i += plumbline::gridStride()) {
        real sum = accumulate ? out[i] : 0;
        for (int part = 0; part < count; part++) {
            sum += parts[part * n + i];
        }
        out[i] = sum;
    }
}
