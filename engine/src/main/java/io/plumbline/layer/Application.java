package io.plumbline.layer;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import java.util.List;

/// One use of a layer at a point θ: where its operands and its result are. Entries that are not known yet, or are zero, are null.
///
/// Rows: a batched value has n (one an example), a shared one 1. Cotangents have n rows, or n·K where each (example, output) has one. What is taken along m
/// directions at once, tangents and tangents of cotangents, has m rows for each of those: row i·m + k of a batched one is that of example i along direction k, row k
/// of a shared one that along direction k.
///
/// @param backend   what computes
/// @param operands  shapes of the operands
/// @param in        values of the operands
/// @param directions m: how many directions tangents are along, 1 where there are no tangents
/// @param inTangent derivatives of the operands along the directions in θ; null where zero
/// @param out       value of the result
/// @param workspace for what a layer needs meanwhile (in a frame of its own), and for factors it returns
public record Application(
        Backend backend, List<Operand> operands, Tensor[] in, int directions, Tensor[] inTangent, Tensor out, Workspace workspace) {
    /// The same use without tangents, or with cotangents of one kind.
    public Application alone() {
        return along(1, inTangent);
    }

    /// The same use along other directions.
    ///
    /// @param tangents of the operands along those
    Application along(int others, Tensor[] tangents) {
        return new Application(backend, operands, in, others, tangents, out, workspace);
    }
}
