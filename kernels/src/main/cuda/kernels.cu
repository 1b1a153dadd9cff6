// Every operation, in one translation unit: kernels-f32.fatbin and kernels-f64.fatbin are this file, compiled once a precision.
#include "fill.cu"
#include "multiply.cu"
#include "sum_outer.cu"
#include "fold.cu"
#include "sum_outer_each.cu"
#include "draw.cu"
