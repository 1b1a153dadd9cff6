package io.plumbline.validate.task;

/// The matrix M = J Jᵀ.
///
/// @param out a .npy file: where it goes
public record GramRequest(Model model, Data data, Resources resources, String out) {}
