/// One class a layer: forward, backward, tangent forward, tangent backward, per-example gradient, Gram factors.
/// Written once against `backend`; imports nothing above it.
package io.plumbline.layer;
