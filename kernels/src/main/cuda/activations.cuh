// The functions of io.plumbline.backend.Activation, with a parameter p: their derivatives of the orders 0, 1, 2 at x.
//
// σ, its slope σ(1 − σ) = e/(1 + e)² and 1 − 2σ come from e = exp(−|x|), which neither overflows nor cancels; tanh′ from exp(−2|x|) likewise.
// Φ(x) = ½ exp(−x²/2) erfcx(|x|/√2) for x < 0 has relative accuracy. Where a product is added to something, the code says whether it is rounded in
// between: a value's bits are the same on every path.
// cost: some 10 to 60 instructions
#pragma once

#include "kernel.cuh"

namespace plumbline::activations {

constexpr double SQRT_PI = 1.77245385090551602730;
constexpr double SQRT_HALF = 0.70710678118654752440;
constexpr double INVERSE_SQRT_TWO_PI = 0.39894228040143267794;

// Of the logistic function at v.
struct Logistic {
    real value, slope, difference;  // σ, σ(1 − σ), 1 − 2σ

    __device__ __forceinline__ explicit Logistic(real v) {
        const real e = exp(-fabs(v)), d = 1 + e;
        value = (v < 0 ? e : real(1)) / d;
        slope = e / multiply(d, d);
        difference = (v < 0 ? 1 - e : e - 1) / d;
    }
};

// exp(−x²/2), x clamped to where that is not 0. The rounding error of x²/2, which would count x²/2-fold, is taken along: exp(−h) (1 − rest).
__device__ __forceinline__ real gaussian(real x) {
    const real size = min(fabs(x), real(sizeof(real) == sizeof(float) ? 16 : 40));
    const real half = size / 2, h = multiply(half, size), rest = fma(half, size, -h), e = exp(-h);
    return x != x ? x : fma(-e, rest, e);
}

// erfcx(z) = exp(z²) erfc(z) for 0 ≤ z ≤ 27.5: (1 + √π z) erfcx(z) is a polynomial of y = 1 − 2q/Q, q = z/(4 + z), Q = 27.5/31.5, cut off at the
// precision. It is the Chebyshev series of io.plumbline.backend.cpu.ScaledErfc, whose coefficients these are.
__device__ __forceinline__ real scaledErfc(real z) {
    constexpr double narrow[] = {1.1282686034515284, 0.13988731009841937, 0.010202677208009145, -0.06364927726688875, -0.08202927729426784,
                                 -0.06610893329311424, -0.039958136880363426, -0.01866176759645999, -0.006519288174406945, -0.0014715517974321912,
                                 -6.444612476386169e-5, 8.292152994826552e-5, 2.1166765961311285e-5};
    constexpr double wide[] = {1.1282686036967662, 0.13988730536878202, 0.010202653038199068, -0.06364914669250164, -0.08202888763425495,
                               -0.06610995647232393, -0.03996049989695083, -0.018658374180889448, -0.006512427352464378, -0.0014768708979682188,
                               -7.478288720896842e-5, 8.659208596739632e-5, 2.9099109276842228e-5, -5.124700237502111e-7, -2.6459825903657475e-6,
                               -3.926621161554067e-7, 2.0207585293974262e-7, 6.745221980963834e-8, -1.735588739393279e-8, -1.290209183935076e-8,
                               2.1591404220089316e-9, 3.1359377317130566e-9, -2.546585164964199e-10, -4.802132025361061e-10};
    constexpr bool single = sizeof(real) == sizeof(float);
    constexpr int terms = single ? 13 : 24;
    constexpr double scale = 4, largest = 27.5, slope = 2 * (scale + largest) / largest;
    const real y = fma(real(-slope), z / (real(scale) + z), real(1));
    real sum = real(single ? narrow[terms - 1] : wide[terms - 1]);
#pragma unroll
    for (int k = terms - 2; k >= 0; k--) {
        sum = fma(sum, y, real(single ? narrow[single ? k : 0] : wide[k]));
    }
    return sum / fma(real(SQRT_PI), z, real(1));
}

__device__ __forceinline__ real zeroOrNaN(real x) { return x != x ? x : real(0); }

struct Identity {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return ORDER == 0 ? x : ORDER == 1 ? real(1) : real(0);
    }
};

struct Square {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return ORDER == 0 ? multiply(x, x) : ORDER == 1 ? 2 * x : real(2);
    }
};

struct Relu {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return ORDER == 2 ? real(0) : x > 0 ? (ORDER == 0 ? x : real(1)) : zeroOrNaN(x);
    }
};

struct LeakyRelu {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real p) {
        return ORDER == 2 ? real(0) : x > 0 ? (ORDER == 0 ? x : real(1)) : ORDER == 0 ? multiply(p, x) : p;
    }
};

struct Tanh {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        if (ORDER == 0) {
            return tanh(x);
        }
        const real e = exp(-2 * fabs(x)), d = 1 + e;
        const real first = 4 * e / multiply(d, d);
        return ORDER == 1 ? first : multiply(-2 * tanh(x), first);
    }
};

struct Sigmoid {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        const Logistic at(x);
        return ORDER == 0 ? at.value : ORDER == 1 ? at.slope : multiply(at.slope, at.difference);
    }
};

struct Softplus {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        if (ORDER == 0) {
            return add(max(x, real(0)), log1p(exp(-fabs(x))));
        }
        const Logistic at(x);
        return ORDER == 1 ? at.value : at.slope;
    }
};

// (xΦ)′ = Φ + xφ, (xΦ)″ = φ(2 − x²)
struct Gelu {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        const real e = gaussian(x), density = multiply(e, real(INVERSE_SQRT_TWO_PI));
        if (ORDER == 2) {
            return multiply(density, fma(-x, x, real(2)));
        }
        // Beyond 38, where erfcx has no value here, e is 0.
        const real z = min(fabs(x), real(38)) * real(SQRT_HALF);
        const real tail = multiply(multiply(e, scaledErfc(z)), real(0.5)), distribution = x < 0 ? tail : add(real(1), -tail);
        return ORDER == 0 ? multiply(x, distribution) : fma(x, density, distribution);
    }
};

// x σ(v) with v = x (c₁ + c₃ x²): (xσ)′ = σ + xσ(1 − σ)v′, (xσ)″ = σ(1 − σ)(2v′ + x(v″ + (1 − 2σ)v′²))
struct GeluTanh {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        constexpr double c1 = 2 * 0.79788456080286535588, c3 = c1 * 0.044715;
        const real square = multiply(x, x);
        const Logistic at(multiply(x, fma(real(c3), square, real(c1))));
        if (ORDER == 0) {
            return multiply(x, at.value);
        }
        const real v1 = fma(real(3 * c3), square, real(c1));
        if (ORDER == 1) {
            return fma(multiply(x, at.slope), v1, at.value);
        }
        const real bracket = fma(multiply(at.difference, v1), v1, multiply(x, real(6 * c3)));
        return multiply(at.slope, fma(x, bracket, 2 * v1));
    }
};

// (xσ)′ = σ + xσ(1 − σ), (xσ)″ = σ(1 − σ)(2 + x(1 − 2σ))
struct Silu {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        const Logistic at(x);
        return ORDER == 0   ? multiply(x, at.value)
               : ORDER == 1 ? fma(x, at.slope, at.value)
                            : multiply(at.slope, fma(x, at.difference, real(2)));
    }
};

struct Elu {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real p) {
        return x > 0 ? (ORDER == 0 ? x : ORDER == 1 ? real(1) : real(0)) : multiply(p, ORDER == 0 ? expm1(x) : exp(x));
    }
};

struct Clip {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real p) {
        if (ORDER == 0) {
            const real above = x > 0 ? x : zeroOrNaN(x);
            return above != above || above < p ? above : p;
        }
        return ORDER == 2 ? real(0) : x > 0 && x < p ? real(1) : zeroOrNaN(x);
    }
};

struct Abs {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return ORDER == 0 ? fabs(x) : ORDER == 2 ? real(0) : x > 0 ? real(1) : x < 0 ? real(-1) : zeroOrNaN(x);
    }
};

struct Sqrt {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        const real root = sqrt(x);
        return ORDER == 0 ? root : ORDER == 1 ? real(0.5) / root : real(-0.25) / multiply(x, root);
    }
};

struct Reciprocal {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return ORDER == 0 ? 1 / x : ORDER == 1 ? -1 / multiply(x, x) : 2 / multiply(multiply(x, x), x);
    }
};

struct Exp {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return exp(x);
    }
};

struct Log {
    template <int ORDER>
    static __device__ __forceinline__ real of(real x, real) {
        return ORDER == 0 ? log(x) : ORDER == 1 ? 1 / x : -1 / multiply(x, x);
    }
};

// All of them by name.
#define PLUMBLINE_ACTIVATIONS(OF)                                                                     \
    OF(identity, Identity) OF(square, Square) OF(relu, Relu) OF(leaky_relu, LeakyRelu) OF(tanh, Tanh) \
    OF(sigmoid, Sigmoid) OF(softplus, Softplus) OF(gelu, Gelu) OF(gelu_tanh, GeluTanh) OF(silu, Silu) \
    OF(elu, Elu) OF(clip, Clip) OF(abs, Abs) OF(sqrt, Sqrt) OF(reciprocal, Reciprocal) OF(exp, Exp) OF(log, Log)

// Their numbers (io.plumbline.backend.cuda.DenseDescents has them too).
enum Kind {
#define PLUMBLINE_KIND(name, function) KIND_##name,
    PLUMBLINE_ACTIVATIONS(PLUMBLINE_KIND)
#undef PLUMBLINE_KIND
};

// f⁽ᵒʳᵈᵉʳ⁾(x) of the function of this number. Threads of a warp have the same one.
template <int ORDER>
__device__ __forceinline__ real derivative(int kind, real x, real p) {
    switch (kind) {
#define PLUMBLINE_CASE(name, function) \
    case KIND_##name:                  \
        return function::of<ORDER>(x, p);
        PLUMBLINE_ACTIVATIONS(PLUMBLINE_CASE)
#undef PLUMBLINE_CASE
        default:
            return x;
    }
}

}  // namespace plumbline::activations
