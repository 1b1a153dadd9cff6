package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.DeviceMemoryException;
import io.plumbline.derivative.Retiling.Size;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.function.IntFunction;
import java.util.function.IntSupplier;

/// How much the passes over a surface's examples take at a time, and what becomes of one that the device's memory does not hold: it begins again, first with nothing
/// kept for later passes, then with smaller tiles ([Size#smaller]), and what it had so far is thrown away. What fitted once is where later passes begin.
///
/// No bits depend on the sizes (see [Backend], [Cotangents]); in TF32 those do that depend on tiles anyway.
final class Passes {
    private final List<Retiling> retilings = new ArrayList<>();
    private Consumer<Retiling> listener = retiling -> {};
    private boolean lean;
    private int mostExamples = Integer.MAX_VALUE;
    private int mostGramExamples = Integer.MAX_VALUE;
    private int mostDirections = Integer.MAX_VALUE;

    /// What is done, once, with what the attempt that worked out has left in the frame of the scratch workspace that it ran in.
    interface Ending<T> {
        void take(Size size, T result);
    }

    /// Whether nothing is to be kept for later passes: memory has been short.
    boolean lean() {
        return lean;
    }

    /// Examples that a tile of a pass may have.
    int mostExamples() {
        return mostExamples;
    }

    /// Examples that a tile of a Gram pass may have.
    int mostGramExamples() {
        return mostGramExamples;
    }

    /// Directions that may go through a tile together.
    int mostDirections() {
        return mostDirections;
    }

    /// A pass over pairs of tiles.
    ///
    /// @param examples in a tile at first, and again when nothing is kept any more
    /// @param attempt  given the examples in a tile; run again from the start if it fails
    <T> T overPairs(String pass, Point point, IntSupplier examples, IntFunction<T> attempt) {
        int first = examples.getAsInt();
        var result = new AtomicReference<T>();
        Size fitted = run(pass, point, examples, 1, Backend.TILE_EXAMPLES, size -> attempt.apply(size.examples()), (_, found) -> result.set(found));
        mostGramExamples = fitted.examples() < first ? fitted.examples() : mostGramExamples;
        return result.get();
    }

    /// A pass over tiles that adds nothing up over examples.
    void overTiles(String pass, Point point, int examples, IntConsumer attempt) {
        run(pass, point, () -> examples, 1, Backend.TILE_EXAMPLES, size -> {
            attempt.accept(size.examples());
            return size;
        }, (_, _) -> {});
    }

    /// A pass over all examples along several directions, or fewer.
    ///
    /// @return how many
    <T> int overExamples(String pass, Point point, int directions, Function<Size, T> attempt, Ending<T> ending) {
        int examples = point.tileExamples();
        Size fitted = run(pass, point, () -> examples, directions, Backend.CHUNK_ROWS, attempt, ending);
        mostExamples = fitted.examples() < examples ? fitted.examples() : mostExamples;
        mostDirections = fitted.directions() < directions ? fitted.directions() : mostDirections;
        return fitted.directions();
    }

    private <T> Size run(
            String pass, Point point, IntSupplier examples, int directions, int unit, Function<Size, T> attempt, Ending<T> ending) {
        Size first = new Size(examples.getAsInt(), directions);
        Size size = first;
        while (true) {
            DeviceMemoryException shortage = tried(size, point, attempt, ending);
            if (shortage == null) {
                if (!size.equals(first)) {
                    var retiling = new Retiling(pass, first, size);
                    retilings.add(retiling);
                    listener.accept(retiling);
                }
                return size;
            }
            point.release();
            if (lean) {
                Size smaller = size.smaller(unit);
                if (smaller == null) {
                    throw new DeviceException(pass + " with tiles of " + size.examples() + " examples, the fewest: " + shortage.getMessage(),
                            shortage);
                }
                size = smaller;
            } else {
                lean = true;
                size = new Size(Math.min(size.examples(), examples.getAsInt()), directions);
            }
        }
    }

    /// What was missing, or null if it worked out. All that it cut from the workspace is given back either way.
    private static <T> DeviceMemoryException tried(Size size, Point point, Function<Size, T> attempt, Ending<T> ending) {
        try (var _ = point.scratch().frame()) {
            T result;
            try {
                result = attempt.apply(size);
            } catch (DeviceMemoryException shortage) {
                return shortage;
            }
            ending.take(size, result);
            return null;
        }
    }

    /// What had to be made smaller so far.
    List<Retiling> retilings() {
        return List.copyOf(retilings);
    }

    /// Has somebody told from now on.
    void tell(Consumer<Retiling> to) {
        listener = to;
    }
}
