package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// Elementary functions in vector instructions, in place over short ranges that stay in the first cache. A range begins at `at` and holds `count`
/// numbers and room up to a whole vector, which is computed too.
///
/// They are built from arithmetic alone. The Vector API's own (EXP, TANH) call one library when compiled and another when interpreted, which differ
/// in the last bits: results would depend on when the compiler got to them.
interface ElementaryFunctions {
    /// The functions for one precision.
    record Case(Precision precision) {}

    static ElementaryFunctions of(Precision precision) {
        return Specialised.of(ElementaryFunctions.class, ElementaryTemplate.class, new Case(precision));
    }

    /// eˣ
    void exp(long at, long count);

    /// eˣ − 1 for x ≤ 0.
    void expm1(long at, long count);

    /// log(1 + x) for 0 ≤ x ≤ 1.
    void log1p(long at, long count);

    /// log x: −∞ at 0, NaN for x < 0.
    void log(long at, long count);

    /// erfcx(x) = exp(x²) erfc(x) for 0 ≤ x; beyond [ScaledErfc#LARGEST] its value there.
    void scaledErfc(long at, long count);
}
