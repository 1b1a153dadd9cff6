/// A point θ on the loss surface, and from there: residuals, loss, gradient, J·v, Jᵀ·u, H·v, G·v, Σ·v, Σ₁·v and all of these for many vectors at once, per-example gradients, Gram tiles.
///
/// ```java
/// try (var surface = LossSurface.of(network, dataset, backend);
///         var point = surface.at(network.initialTheta())) {
///     double loss = point.loss();
///     HostBuffer hv = point.hessianVector(v);
/// }
/// ```
package io.plumbline.derivative;
