package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.backend.Tensor;
import java.util.List;

/// Sends tangents along m directions through a layer: at once where [Layer#takesDirections] says so, else one direction after the other, for which the rows of
/// each direction, interleaved with those of the others, are copied apart and back.
///
/// What needs that: products and sums of a value per example and a shared one, whose tangent has rows for directions but none for examples, and dense layers at several
/// positions, whose rows for directions lie between those for examples and those for positions.
public final class Directions {
    private Directions() {}

    /// [Layer#tangentForward] along all of `at`'s directions.
    public static void tangentForward(Layer layer, Application at, Tensor outTangent) {
        if (at.directions() == 1 || layer.takesDirections(at)) {
            layer.tangentForward(at, outTangent);
            return;
        }
        try (var _ = at.workspace().frame()) {
            Tensor[] inTangents = apart(at);
            Tensor result = like(at, outTangent);
            for (int k = 0; k < at.directions(); k++) {
                layer.tangentForward(at.along(1, parts(at, inTangents, k)), part(at, result, k));
            }
            interleave(at, result, outTangent);
        }
    }

    /// [Layer#backward] for as many cotangents of each example as `at` has directions.
    public static void backward(Layer layer, Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        if (at.directions() == 1 || layer.takesDirections(at)) {
            layer.backward(at, outCotangent, input, accumulate, inCotangent);
            return;
        }
        try (var _ = at.workspace().frame()) {
            Tensor cotangents = apart(at, outCotangent);
            Tensor result = accumulate ? apart(at, inCotangent) : like(at, inCotangent);
            for (int k = 0; k < at.directions(); k++) {
                layer.backward(at.along(1, at.inTangent()), part(at, cotangents, k), input, accumulate, part(at, result, k));
            }
            interleave(at, result, inCotangent);
        }
    }

    /// The tangent of operand `input`'s cotangent along all of `at`'s directions, both its summands: [Layer#backward] of ȳ̇, and [Layer#addCurvature].
    ///
    /// @param curvature where the second summand is added: to `inCotangentTangent`, or to a sum of its own; not looked at where there is none
    public static void tangentBackward(
            Layer layer, Application at, Tensor outCotangent, Tensor outCotangentTangent, int input, boolean accumulate, Tensor inCotangentTangent,
            Tensor curvature) {
        boolean curved = isCurved(layer, at, input);
        if (at.directions() == 1 || layer.takesDirections(at)) {
            layer.backward(at, outCotangentTangent, input, accumulate, inCotangentTangent);
            if (curved) {
                layer.addCurvature(at, outCotangent, input, curvature);
            }
            return;
        }
        try (var _ = at.workspace().frame()) {
            Tensor[] inTangents = apart(at);
            Tensor tangents = apart(at, outCotangentTangent);
            Tensor result = accumulate ? apart(at, inCotangentTangent) : like(at, inCotangentTangent);
            Tensor second = !curved || curvature == inCotangentTangent ? result : apart(at, curvature);
            for (int k = 0; k < at.directions(); k++) {
                Application along = at.along(1, parts(at, inTangents, k));
                layer.backward(along, part(at, tangents, k), input, accumulate, part(at, result, k));
                if (curved) {
                    layer.addCurvature(along, outCotangent, input, part(at, second, k));
                }
            }
            interleave(at, result, inCotangentTangent);
            if (second != result) {
                interleave(at, second, curvature);
            }
        }
    }

    /// [Layer#isCurved] along `at`'s directions.
    public static boolean isCurved(Layer layer, Application at, int input) {
        return layer.isCurved(input, operand -> at.inTangent()[operand] != null);
    }

    /// The sums over examples of `rows` (n·m, w), for each direction by itself: sums (m, w) gets them (or +=). What an example has along all directions is one row.
    static void sumExamples(Application at, Tensor rows, boolean accumulate, Tensor sums) {
        int entries = Math.multiplyExact(at.directions(), rows.columns());
        at.backend().product(1, rows.reshape(rows.rows() / at.directions(), entries), null, accumulate, sums.reshape(1, entries));
    }

    private static Tensor[] apart(Application at) {
        Tensor[] apart = new Tensor[at.inTangent().length];
        for (int a = 0; a < apart.length; a++) {
            apart[a] = at.inTangent()[a] == null ? null : apart(at, at.inTangent()[a]);
        }
        return apart;
    }

    /// The rows along each direction behind each other.
    private static Tensor apart(Application at, Tensor interleaved) {
        if (isApart(at, interleaved)) {
            return interleaved;
        }
        Tensor apart = at.workspace().tensor(interleaved.rows(), interleaved.columns());
        at.backend().copy(toParts(at, interleaved), 1, row(interleaved), false, row(apart));
        return apart;
    }

    private static void interleave(Application at, Tensor apart, Tensor interleaved) {
        if (!isApart(at, interleaved)) {
            at.backend().copy(toParts(at, interleaved).transposed(), 1, row(apart), false, row(interleaved));
        }
    }

    /// Room for a result along each direction, one behind the other: the result's own place if it has but one row each.
    private static Tensor like(Application at, Tensor interleaved) {
        return isApart(at, interleaved) ? interleaved : at.workspace().tensor(interleaved.rows(), interleaved.columns());
    }

    private static boolean isApart(Application at, Tensor interleaved) {
        return at.directions() == 1 || interleaved.rows() == at.directions();
    }

    private static StridedMap toParts(Application at, Tensor interleaved) {
        int m = at.directions();
        int w = interleaved.columns();
        int n = (int) (interleaved.rows() / m);
        return new StridedMap(0, 0, List.of(new Axis(m, w, n * w), new Axis(n, m * w, w), new Axis(w, 1, 1)));
    }

    private static Tensor row(Tensor t) {
        return t.reshape(1, Math.toIntExact(t.length()));
    }

    private static Tensor part(Application at, Tensor apart, int k) {
        long rows = apart.rows() / at.directions();
        return apart.rows(k * rows, rows);
    }

    private static Tensor[] parts(Application at, Tensor[] apart, int k) {
        Tensor[] parts = new Tensor[apart.length];
        for (int a = 0; a < parts.length; a++) {
            parts[a] = apart[a] == null ? null : part(at, apart[a], k);
        }
        return parts;
    }
}
