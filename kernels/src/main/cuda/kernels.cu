// Every operation, in one translation unit: kernels-f32.fatbin and kernels-f64.fatbin are this file, compiled once a precision.
#include "fill.cu"
