package io.plumbline.validate.task;

/// One operator–vector product.
///
/// @param vector a .npy file: what is multiplied
/// @param out    a .npy file: where the product goes
public record ProductRequest(Model model, Data data, Resources resources, Operator operator, String vector, String out) {}
