package io.plumbline.validate.figure;

/// One figure, as results.json holds it.
///
/// @param elapsedSeconds of the work that no figure before it shares
public record FigureResult(String id, String title, String caption, Drawing drawing, double elapsedSeconds) {}
