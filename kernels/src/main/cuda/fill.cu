// t[i] = value                                     t (n) · writes = · one write an entry
#include "kernel.cuh"

KERNEL(256, fill)(real* t, int64 n, real value) {
    for (int64 i = plumbline::gridIndex(); i < n; i += plumbline::gridStride()) {
        t[i] = value;
    }
}
