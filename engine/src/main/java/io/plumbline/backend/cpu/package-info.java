/// The backend `cpu`, in float and in double: matrix products by OpenBLAS through the Foreign Function & Memory API, everything else in vector
/// instructions, both over a pool of threads. Bits depend on the operands alone: work is cut at fixed places, whoever computes a piece, and the
/// elementary functions are our own, so that compiled and interpreted code agree.
package io.plumbline.backend.cpu;
