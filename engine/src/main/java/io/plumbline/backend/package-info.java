/// The primitives that layers are written in, and what computes them: `reference` (double, plain loops: the oracle) and `cpu` (float and double,
/// BLAS and vector instructions). Imports only `memory`.
package io.plumbline.backend;
