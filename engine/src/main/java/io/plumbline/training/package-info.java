/// SGD, gradient descent, and descent under noise of other laws, many replicas at once; with a trace, checkpoints, and the same bits after a resumption.
package io.plumbline.training;
