// out = f⁽ᵒʳᵈᵉʳ⁾(x) ∘ a ∘ b (or +=)     out (rows, columns), x, a, b broadcast over its rows, a and b optional
//
// One kernel a function of activations.cuh, for the orders 0, 1, 2.
// cost: one read of x, a, b, one write an entry; some 10 to 60 instructions
#include "activations.cuh"
#include "broadcast.cuh"

namespace plumbline::activations {

template <class F>
struct Activation {
    real parameter;
    int order;

    template <int WIDTH>
    __device__ __forceinline__ void operator()(real (&values)[WIDTH]) const {
        if (order == 0) {
            map<0>(values);
        } else if (order == 1) {
            map<1>(values);
        } else {
            map<2>(values);
        }
    }

    template <int ORDER, int WIDTH>
    __device__ __forceinline__ void map(real (&values)[WIDTH]) const {
        for (int k = 0; k < WIDTH; k++) {
            values[k] = F::template of<ORDER>(values[k], parameter);
        }
    }
};

}  // namespace plumbline::activations

#define ACTIVATE(name, function)                                                                                                                 \
    KERNEL(256, activate_##name)                                                                                                                 \
    (real* out, int64 rows, int64 columns, const real* x, int64 xGroup, int64 xColumns, const real* a, int64 aGroup, int64 aColumns,             \
     const real* b, int64 bGroup, int64 bColumns, real parameter, int order, int accumulate, int packed) {                                       \
        const plumbline::activations::Activation<plumbline::activations::function> f{parameter, order};                                          \
        plumbline::mapEntries(out, rows, columns, {x, xGroup, xColumns}, {a, aGroup, aColumns}, {b, bGroup, bColumns}, accumulate, packed, f);   \
    }

PLUMBLINE_ACTIVATIONS(ACTIVATE)

#undef ACTIVATE
