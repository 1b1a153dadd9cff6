package io.plumbline.validate.selfcheck;

import static io.plumbline.validate.selfcheck.Case.shapes;

import io.plumbline.backend.Convolution;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The primitives on images: convolution, poolings, and what moves entries.
final class WindowCases {
    private WindowCases() {}

    /// One primitive after the other.
    static Stream<Case> all() {
        var cases = Stream.of(convolutions(), pools(), copies()).flatMap(List::stream).toList();
        return cases.stream().map(Case::subject).distinct().flatMap(subject -> cases.stream().filter(c -> c.subject().equals(subject)));
    }

    /// A window of `size` taps each way, the same stride and padding on all sides.
    static Window square(int channels, int height, int width, int size, int stride, int padding) {
        return new Window(channels, height, width, Span.over(height, size, stride, 1, padding, padding, false),
                Span.over(width, size, stride, 1, padding, padding, false));
    }

    private record Geometry(String name, Convolution convolution, int images) {}

    private static List<Geometry> geometries() {
        var uneven = new Window(3, 8, 9, Span.over(8, 3, 2, 2, 1, 3, false), Span.over(9, 2, 3, 1, 0, 1, false));
        return List.of(
                new Geometry("1x1", new Convolution(square(1, 1, 1, 1, 1, 0), 1, 1), 1),
                new Geometry("1x1", new Convolution(square(31, 5, 7, 1, 1, 0), 33, 1), 3),
                new Geometry("3x3, padded", new Convolution(square(2, 5, 7, 3, 1, 1), 4, 1), 5),
                new Geometry("strided, dilated, padded unevenly", new Convolution(uneven, 4, 1), 31),
                new Geometry("in 2 groups", new Convolution(square(4, 5, 5, 3, 2, 1), 6, 2), 3),
                new Geometry("of each channel", new Convolution(square(3, 6, 4, 3, 1, 0), 3, 3), 33),
                new Geometry("at one position", new Convolution(square(31, 2, 2, 2, 1, 0), 33, 1), 7),
                new Geometry("more images than a chunk", new Convolution(square(1, 4, 5, 3, 1, 0), 3, 1), 300),
                new Geometry("3x3, padded", new Convolution(square(3, 16, 16, 3, 1, 1), 8, 1), 11));
    }

    private static List<Case> convolutions() {
        var cases = new ArrayList<Case>();
        for (Geometry g : geometries()) {
            Convolution c = g.convolution;
            Window w = c.window();
            int m = g.images;
            int in = w.size();
            int out = c.size();
            String sizes = image(m, w) + " to (" + c.channels() + ", " + w.rows().positions() + ", " + w.columns().positions() + ")";
            int[] weights = {1, c.weights()};
            cases.add(new Case("convolve", g.name, sizes, new int[][] {{m, in}, weights, {m, out}}, x -> x, true,
                    (b, t, add) -> b.convolve(c, t[0], t[1], null, add, t[2])));
            cases.add(new Case("convolve", g.name + ", bias", sizes, new int[][] {{m, in}, weights, {1, c.channels()}, {m, out}}, x -> x, true,
                    (b, t, add) -> b.convolve(c, t[0], t[1], t[2], add, t[3])));
            cases.add(new Case("convolveTransposed", g.name, sizes, new int[][] {{m, out}, weights, {m, in}}, x -> x, true,
                    (b, t, add) -> b.convolveTransposed(c, t[0], t[1], add, t[2])));
            cases.add(new Case("convolutionGradient", g.name + ", summed", sizes, new int[][] {{m, out}, {m, in}, weights}, x -> x, true,
                    (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2])));
            cases.addAll(along(g, sizes));
            int each = Math.min(m, 11);
            cases.add(new Case("convolutionGradient", g.name + ", of each row", sizes, new int[][] {{3 * each, out}, {each, in},
                {3 * each, c.weights()}}, x -> x, true, (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2])));
            cases.add(new Case("unfold", g.name, image(m, w), new int[][] {{m, in}, {m * w.positions(), w.channels() * w.taps()}}, x -> x, false,
                    (b, t, _) -> b.unfold(w, t[0], t[1])));
        }
        return cases;
    }

    /// Along several directions: those of what slides, those of the kernel.
    private static List<Case> along(Geometry g, String sizes) {
        Convolution c = g.convolution;
        int d = PrimitiveCases.DIRECTIONS;
        int m = g.images;
        int in = c.window().size();
        int out = c.size();
        int w = c.weights();
        String form = g.name + ", " + d + " directions";
        Case.Primitive convolve = (b, t, add) -> b.convolve(d, c, t[0], t[1], t[2], add, t[3]);
        Case.Primitive transposed = (b, t, add) -> b.convolveTransposed(d, c, t[0], t[1], add, t[2]);
        Case.Primitive gradient = (b, t, add) -> b.convolutionGradient(d, c, t[0], t[1], add, t[2]);
        return List.of(
                along("convolve", form, sizes, convolve, shapes(d * m, in, 1, w, 1, c.channels(), d * m, out)),
                along("convolve", form, sizes, convolve, shapes(m, in, d, w, d, c.channels(), d * m, out)),
                along("convolveTransposed", form, sizes, transposed, shapes(d * m, out, 1, w, d * m, in)),
                along("convolveTransposed", form, sizes, transposed, shapes(m, out, d, w, d * m, in)),
                along("convolutionGradient", form, sizes, gradient, shapes(d * m, out, m, in, d, w)),
                along("convolutionGradient", form, sizes, gradient, shapes(m, out, d * m, in, d, w)));
    }

    private static Case along(String subject, String form, String sizes, Case.Primitive primitive, int[][] shapes) {
        return new Case(subject, form, sizes, shapes, x -> x, true, primitive);
    }

    private static String image(int images, Window w) {
        return images + " x (" + w.channels() + ", " + w.height() + ", " + w.width() + ")";
    }

    private record Pool(String name, Window window, int images) {}

    private static List<Case> pools() {
        var reaching = new Window(2, 6, 7, Span.over(6, 3, 2, 1, 1, 1, true), Span.over(7, 2, 2, 2, 1, 0, true));
        var cases = new ArrayList<Case>();
        for (Pool pool : List.of(
                new Pool("of one number", square(1, 1, 1, 1, 1, 0), 1),
                new Pool("2x2", square(3, 6, 8, 2, 2, 0), 31),
                new Pool("overlapping", square(2, 7, 5, 3, 1, 1), 33),
                new Pool("dilated, padded, reaching beyond", reaching, 61),
                new Pool("global", square(5, 7, 7, 7, 1, 0), 3),
                new Pool("2x2", square(8, 32, 32, 2, 2, 0), 5))) {
            Window w = pool.window;
            int m = pool.images;
            int in = w.size();
            int out = w.channels() * w.positions();
            String sizes = image(m, w) + " to " + w.rows().positions() + " x " + w.columns().positions();
            // Multiples of 1/4: some of the numbers in a window are equal, and the first of them counts.
            cases.add(new Case("maxPool", pool.name, sizes, shapes(m, in, m, out), x -> Math.rint(4 * x) / 4, true,
                    (b, t, add) -> b.maxPool(w, t[0], t[0], add, t[1])));
            cases.add(new Case("maxPool", pool.name + ", of a tangent", sizes, shapes(m, in, m, in, m, out), x -> Math.rint(4 * x) / 4, true,
                    (b, t, add) -> b.maxPool(w, t[0], t[1], add, t[2])));
            cases.add(
                    new Case("maxPool", pool.name + ", of two tangents", sizes, shapes(m, in, 2 * m, in, 2 * m, out), x -> Math.rint(4 * x) / 4, true,
                            (b, t, add) -> b.maxPool(w, t[0], t[1], add, t[2])));
            cases.add(new Case("maxPoolTransposed", pool.name, sizes, shapes(m, in, 2 * m, out, 2 * m, in), x -> Math.rint(4 * x) / 4, true,
                    (b, t, add) -> b.maxPoolTransposed(w, t[0], t[1], add, t[2])));
            for (boolean padding : new boolean[] {false, true}) {
                String form = pool.name + (padding ? ", padding included" : "");
                cases.add(new Case("averagePool", form, sizes, shapes(m, in, m, out), x -> x, true,
                        (b, t, add) -> b.averagePool(w, padding, t[0], add, t[1])));
                cases.add(new Case("averagePoolTransposed", form, sizes, shapes(m, out, m, in), x -> x, true,
                        (b, t, add) -> b.averagePoolTransposed(w, padding, t[0], add, t[1])));
            }
        }
        cases.add(new Case("maxPool", "NaN before all others", "1 x (1, 2, 4) to 1 x 2", shapes(1, 8, 1, 2), x -> x > 0.5 ? Double.NaN : x, true,
                (b, t, add) -> b.maxPool(square(1, 2, 4, 2, 2, 0), t[0], t[0], add, t[1])));
        return cases;
    }

    /// A map of rows of `from` entries to rows of `to`.
    private record Move(String name, int from, int to, StridedMap map) {}

    private static List<Case> copies() {
        var moves = List.of(
                new Move("one number", 1, 1, map(0, 0)),
                new Move("all", 61, 61, map(0, 0, new Axis(61, 1, 1))),
                new Move("slice", 61, 31, map(3, 0, new Axis(31, 1, 1))),
                new Move("every other", 63, 31, map(1, 0, new Axis(31, 2, 1))),
                new Move("padding", 12, 40, map(0, 9, new Axis(3, 4, 8), new Axis(4, 1, 1))),
                new Move("into a part", 33, 100, map(0, 50, new Axis(33, 1, 1))),
                new Move("transposed", 31 * 33, 31 * 33, map(0, 0, new Axis(33, 1, 31), new Axis(31, 33, 1))),
                new Move("three axes permuted", 60, 60, map(0, 0, new Axis(5, 1, 12), new Axis(3, 20, 4), new Axis(4, 5, 1))),
                new Move("repeated", 7, 7 * 31, map(0, 0, new Axis(7, 1, 31), new Axis(31, 0, 1))),
                new Move("repeated as a whole", 31, 7 * 31, map(0, 0, new Axis(7, 0, 31), new Axis(31, 1, 1))),
                new Move("summed along the last axis", 7 * 31, 7, map(0, 0, new Axis(7, 31, 1), new Axis(31, 1, 0))),
                new Move("summed along the first axis", 7 * 31, 31, map(0, 0, new Axis(7, 31, 0), new Axis(31, 1, 1))),
                new Move("summed along two of three axes", 4 * 61 * 3, 61,
                        map(0, 0, new Axis(4, 183, 0), new Axis(61, 3, 1), new Axis(3, 1, 0))),
                new Move("all summed", 1009, 1, map(0, 0, new Axis(1009, 1, 0))));
        var cases = new ArrayList<Case>();
        for (Move move : moves) {
            for (int m : new int[] {1, 33}) {
                for (double alpha : new double[] {1, -1.25}) {
                    cases.add(Case.of("copy", move.name + (alpha == 1 ? "" : ", times α"), shapes(m, move.from, m, move.to),
                            (b, t, add) -> b.copy(move.map, alpha, t[0], add, t[1])));
                }
            }
        }
        cases.add(Case.of("copy", "transposed", shapes(11, 8192, 11, 8192),
                (b, t, add) -> b.copy(map(0, 0, new Axis(64, 1, 128), new Axis(128, 64, 1)), 1, t[0], add, t[1])));
        return cases;
    }

    private static StridedMap map(int from, int to, Axis... axes) {
        return new StridedMap(from, to, List.of(axes));
    }
}
