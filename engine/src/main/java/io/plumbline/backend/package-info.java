/// The primitives that layers are written in, and what computes them: `reference` (double, plain loops: the oracle), `cpu` (float and double,
/// BLAS and vector instructions) and `cuda` (float and double, our kernels on a GPU). Imports only `memory` and `data`.
package io.plumbline.backend;
