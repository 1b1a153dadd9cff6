package io.plumbline.layer;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import java.util.List;

/// One use of a layer at a point θ: where its operands and its result are. Entries that are not known yet, or are zero, are null.
///
/// Rows: a batched value has n (one an example), a shared one 1. Cotangents have n rows, or n·K where each (example, output) has one.
///
/// @param backend   what computes
/// @param operands  shapes of the operands
/// @param in        values of the operands
/// @param inTangent derivatives of the operands along a direction in θ; null where zero
/// @param out       value of the result
/// @param workspace for what a layer needs meanwhile (in a frame of its own), and for factors it returns
public record Application(Backend backend, List<Operand> operands, Tensor[] in, Tensor[] inTangent, Tensor out, Workspace workspace) {}
