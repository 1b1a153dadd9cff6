/// How flat the loss is at a point: norms, traces and eigenvalues of the Hessian.
package io.plumbline.flatness;
