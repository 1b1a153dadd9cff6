package io.plumbline.backend;

/// Whether the operands of a primitive fit each other; every method throws [IllegalArgumentException] naming the primitive and all shapes if not.
public final class Shapes {
    private Shapes() {}

    /// Of [Backend#randomSigns] and [Backend#randomNormals].
    public static void random(long[] streams, Tensor out) {
        if (streams.length != out.rows()) {
            throw new IllegalArgumentException("random: " + streams.length + " streams for a tensor " + out.shape());
        }
    }

    /// Of [Backend#multiply].
    public static void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, Tensor y) {
        int rows = transposed ? y.columns() : x.columns();
        boolean fits = hasOrServes(directions, x, y) && w.columns() == (transposed ? x.columns() : y.columns())
                && (w.rows() == rows || w.rows() == (long) directions * rows);
        if (bias == null) {
            check(fits, "multiply", x, w, y);
        } else {
            check(fits && bias.columns() == y.columns() && (bias.rows() == 1 || bias.rows() == directions), "multiply", x, w, bias, y);
        }
    }

    /// Of [Backend#sumOuter].
    public static void sumOuter(int directions, Tensor a, Tensor b, Tensor g) {
        check(haveDirections(directions, a, b) && g.rows() == (long) directions * a.columns() && g.columns() == b.columns(), "sumOuter", a, b, g);
    }

    /// Of [Backend#sumOuterEach].
    public static void sumOuterEach(int terms, Tensor a, Tensor b, Tensor out) {
        check(terms > 0 && out.columns() == (long) a.columns() * b.columns() && servesParts(a, terms, out.rows())
                && servesParts(b, terms, out.rows()),
                "sumOuterEach", a, b, out);
    }

    /// Whether the tensor's parts of `terms` rows can be shared out evenly over `parts`.
    private static boolean servesParts(Tensor t, int terms, long parts) {
        return t.rows() % terms == 0 && divides(t.rows() / terms, parts);
    }

    /// Of [Backend#activate].
    public static void activate(int order, Tensor x, Tensor a, Tensor b, Tensor out) {
        if (order < 0 || order > 2) {
            throw new IllegalArgumentException("activation: derivative of order " + order + ", expected 0, 1 or 2");
        }
        check(servesRows(x, out) && servesRows(a, out) && servesRows(b, out), "activate", x, a, b, out);
    }

    private static boolean servesRows(Tensor t, Tensor out) {
        return t == null || t.columns() == out.columns() && divides(t.rows(), out.rows());
    }

    /// Of [Backend#product].
    public static void product(Tensor a, Tensor b, Tensor out) {
        long rows = productRows(a, b, out);
        int columns = productColumns(a, b, out);
        check(serves(a, rows, columns) && (b == null || serves(b, rows, columns)) && serves(out, rows, columns), "product", a, b, out);
    }

    /// Rows of the products that [Backend#product] writes or sums.
    public static long productRows(Tensor a, Tensor b, Tensor out) {
        return Math.max(out.rows(), Math.max(a.rows(), b == null ? 0 : b.rows()));
    }

    /// Columns of the products that [Backend#product] writes or sums.
    public static int productColumns(Tensor a, Tensor b, Tensor out) {
        return Math.max(out.columns(), Math.max(a.columns(), b == null ? 0 : b.columns()));
    }

    private static boolean serves(Tensor t, long rows, int columns) {
        return divides(t.rows(), rows) && (t.columns() == columns || t.columns() == 1);
    }

    /// Of [Backend#rowProducts].
    public static void rowProducts(Tensor a, Tensor b) {
        check(a.columns() == b.columns(), "rowProducts", a, b);
    }

    /// Of [Backend#convolve].
    public static void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, Tensor y) {
        check(hasOrServes(directions, x, y) && oneOrEach(directions, w, c.weights()) && (bias == null || oneOrEach(directions, bias, c.channels()))
                && x.columns() == c.window().size() && y.columns() == c.size(), "convolve", x, w, bias, y);
    }

    /// Of [Backend#convolveTransposed].
    public static void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, Tensor x) {
        check(hasOrServes(directions, y, x) && oneOrEach(directions, w, c.weights()) && x.columns() == c.window().size() && y.columns() == c.size(),
                "convolveTransposed", y, w, x);
    }

    /// Of [Backend#convolutionGradient].
    ///
    /// @return whether it sums over rows, rather than giving a gradient for each
    public static boolean convolutionGradient(int directions, Convolution c, Tensor y, Tensor x, Tensor g) {
        check(x.columns() == c.window().size() && y.columns() == c.size() && g.columns() == c.weights(), "convolutionGradient", y, x, g);
        boolean sums = g.rows() == directions && haveDirections(directions, y, x);
        check(sums || directions == 1 && divides(x.rows(), y.rows()) && g.rows() == y.rows(), "convolutionGradient", y, x, g);
        return sums;
    }

    /// Of [Backend#unfold].
    public static void unfold(Window w, Tensor x, Tensor out) {
        check(x.columns() == w.size() && out.rows() == x.rows() * w.positions() && out.columns() == w.channels() * w.taps(), "unfold", x, out);
    }

    /// Of [Backend#maxPool].
    public static void maxPool(Window w, Tensor x, Tensor source, Tensor out) {
        check(divides(x.rows(), out.rows()) && source.rows() == out.rows() && x.columns() == w.size() && source.columns() == w.size()
                && out.columns() == w.channels() * w.positions(), "maxPool", x, source, out);
        seesEntries(w, "maxPool");
    }

    /// Of [Backend#maxPoolTransposed].
    public static void maxPoolTransposed(Window w, Tensor x, Tensor y, Tensor out) {
        check(y.rows() == out.rows() && divides(x.rows(), out.rows()) && x.columns() == w.size() && out.columns() == w.size()
                && y.columns() == w.channels() * w.positions(), "maxPoolTransposed", x, y, out);
        seesEntries(w, "maxPoolTransposed");
    }

    private static void seesEntries(Window w, String primitive) {
        if (!w.seesEntries()) {
            throw new IllegalArgumentException(primitive + ": a window sees padding only: " + w);
        }
    }

    /// Of [Backend#averagePool].
    public static void averagePool(Window w, Tensor x, Tensor y) {
        check(areAveraged(w, x, y), "averagePool", x, y);
    }

    /// Of [Backend#averagePoolTransposed].
    public static void averagePoolTransposed(Window w, Tensor y, Tensor x) {
        check(areAveraged(w, x, y), "averagePoolTransposed", y, x);
    }

    private static boolean areAveraged(Window w, Tensor x, Tensor y) {
        return x.rows() == y.rows() && x.columns() == w.size() && y.columns() == w.channels() * w.positions();
    }

    /// Of [Backend#copy].
    public static void copy(StridedMap map, Tensor x, Tensor out) {
        boolean forward = map.from() >= 0 && map.to() >= 0 && map.axes().stream().allMatch(axis -> axis.fromStride() >= 0 && axis.toStride() >= 0);
        check(forward && x.rows() == out.rows() && map.lastRead() < x.columns() && map.lastWritten() < out.columns(), "copy", x, out);
    }

    /// Of [Backend#gather].
    ///
    /// @throws IndexOutOfBoundsException if a row is not one of x
    public static void gather(Tensor x, int[] rows, Tensor out) {
        check(out.rows() == rows.length && x.columns() == out.columns(), "gather", x, out);
    }

    /// Of [Backend#gramTile].
    public static void gramTile(int outputs, Tensor m) {
        check(outputs > 0 && m.rows() % outputs == 0 && m.columns() % outputs == 0, "gramTile", m);
    }

    /// Of [Backend#gramSums].
    public static void gramSums(int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        boolean ordered = rowFrom >= 0 && rowFrom <= columnFrom && rowFrom % Backend.TILE_EXAMPLES == 0 && columnFrom % Backend.TILE_EXAMPLES == 0;
        boolean fits = rowFrom + rowExamples <= sums.examples && columnFrom + columnExamples <= sums.examples
                && (rowFrom < columnFrom ? rowFrom + rowExamples <= columnFrom : rowExamples == columnExamples);
        if (!ordered || !fits || residuals.length != sums.examples * sums.outputs) {
            throw new IllegalArgumentException(
                    "gramSums: tile [" + rowFrom + ", +" + rowExamples + ") x [" + columnFrom + ", +" + columnExamples + ") with "
                            + residuals.length + " residuals does not fit " + sums.examples + " examples of " + sums.outputs
                            + " outputs, row tile first, from multiples of "
                            + Backend.TILE_EXAMPLES);
        }
    }

    /// Whether rows can be shared out evenly over `of`.
    public static boolean divides(long rows, long of) {
        return rows == of || rows > 0 && of % rows == 0;
    }

    /// Whether t has the directions that out has, or serves all of them.
    private static boolean hasOrServes(int directions, Tensor t, Tensor out) {
        return directions > 0 && out.rows() % directions == 0 && (t.rows() == out.rows() || t.rows() * directions == out.rows());
    }

    /// Whether both tensors have the directions, or one has them and the other serves all.
    private static boolean haveDirections(int directions, Tensor a, Tensor b) {
        return directions > 0 && Math.max(a.rows(), b.rows()) % directions == 0
                && (a.rows() == b.rows() || Math.min(a.rows(), b.rows()) * directions == Math.max(a.rows(), b.rows()));
    }

    /// Whether t holds `count` numbers, or so many for each direction.
    private static boolean oneOrEach(int directions, Tensor t, long count) {
        return t.length() == count || t.length() == directions * count;
    }

    private static void check(boolean fits, String primitive, Tensor... tensors) {
        if (fits) {
            return;
        }
        var shapes = new StringBuilder();
        for (Tensor t : tensors) {
            shapes.append(' ').append(t == null ? "none" : t.shape());
        }
        throw new IllegalArgumentException(primitive + ": shapes do not fit:" + shapes);
    }
}
