package io.plumbline.validate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Rows of text in columns as wide as their widest cell; numbers to the right.
final class Table {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();
    private final String alignment;

    /// @param alignment a letter a column: `l` or `r`
    Table(String alignment) {
        this.alignment = alignment;
    }

    Table row(String... cells) {
        rows.add(cells);
        return this;
    }

    void print(PrintWriter out) {
        int[] widths = new int[alignment.length()];
        for (String[] row : rows) {
            for (int c = 0; c < row.length; c++) {
                widths[c] = Math.max(widths[c], row[c].length());
            }
        }
        for (String[] row : rows) {
            var line = new StringBuilder();
            for (int c = 0; c < row.length; c++) {
                String blank = " ".repeat(widths[c] - row[c].length());
                line.append(c == 0 ? "" : GAP).append(alignment.charAt(c) == 'r' ? blank + row[c] : row[c] + blank);
            }
            out.println(line.toString().stripTrailing());
        }
    }

    /// What was computed with what: the first lines of a report, and an empty one.
    static void heading(
            PrintWriter out, String model, long parameters, int outputs, String data, long examples, String device, String precision,
            String description) {
        new Table("ll")
                .row("model", model + ": p = " + count(parameters) + " parameters, K = " + outputs)
                .row("data", data + ": n = " + count(examples) + " examples")
                .row("device", device + " " + precision + ": " + description)
                .print(out);
        out.println();
    }

    /// Six significant digits.
    static String number(double value) {
        double size = Math.abs(value);
        if (value == 0) {
            return "0";
        }
        if (size >= 1e-4 && size < 1e6) {
            int decimals = Math.max(0, 5 - (int) Math.floor(Math.log10(size)));
            return String.format(Locale.ROOT, "%." + decimals + "f", value);
        }
        return String.format(Locale.ROOT, "%.5e", value);
    }

    /// 1,234,567.
    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    /// 12.3 MiB.
    static String bytes(long value) {
        int power = value < 1024 ? 0 : Math.min(4, (63 - Long.numberOfLeadingZeros(value)) / 10);
        return power == 0 ? value + " bytes" : String.format(Locale.ROOT, "%.1f %ciB", value / (double) (1L << 10 * power), "KMGT".charAt(power - 1));
    }
}
