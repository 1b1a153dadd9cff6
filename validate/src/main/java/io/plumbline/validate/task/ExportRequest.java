package io.plumbline.validate.task;

import io.plumbline.memory.Precision;

/// A network as an ONNX file.
///
/// @param precision of the weights in it
/// @param out       the file: where it goes
public record ExportRequest(Model model, Precision precision, String out) {}
