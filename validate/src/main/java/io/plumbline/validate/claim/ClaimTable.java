package io.plumbline.validate.claim;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;

/// The table that people read: `claim | measured ± error | bound | verdict`, a line for each claim and under it one for each figure.
public final class ClaimTable {
    private static final int COLUMNS = 4;

    private ClaimTable() {}

    /// The table, lines separated and ended by `\n`; reasons for verdicts other than SUPPORTED stand below it.
    ///
    /// @param everyFigure a line for each figure in each setting; otherwise, of one figure's settings, the one with the worst verdict and least room
    ///     speaks for all
    public static String render(List<ClaimResult> claims, boolean everyFigure) {
        var rows = new ArrayList<String[]>();
        rows.add(new String[] {"claim", "measured ± error", "bound", "verdict"});
        for (ClaimResult claim : claims) {
            rows.add(null);
            rows.add(new String[] {claim.id(), String.format(Locale.ROOT, "%.1f s", claim.elapsedSeconds()), "", claim.verdict().name()});
            var groups = new LinkedHashMap<String, List<MeasurementResult>>();
            for (MeasurementResult figure : claim.figures()) {
                groups.computeIfAbsent(everyFigure ? figure.name() + ": " + figure.setting() : figure.name(), _ -> new ArrayList<>()).add(figure);
            }
            groups.forEach((name, figures) -> rows.add(row(name, figures)));
        }
        var text = new StringBuilder();
        int[] widths = widths(rows);
        for (String[] row : rows) {
            line(text, row, widths);
        }
        for (ClaimResult claim : claims) {
            claim.reasons().forEach(reason -> text.append(claim.verdict()).append(' ').append(claim.id()).append(": ").append(reason).append('\n'));
        }
        return text.toString();
    }

    private static String[] row(String name, List<MeasurementResult> settings) {
        MeasurementResult worst = settings.stream().max(MeasurementResult.BY_ROOM).orElseThrow();
        String count = settings.size() == 1 ? "" : ", worst of " + settings.size();
        return new String[] {"  " + name + count, measured(worst), bound(worst), worst.verdict().name()};
    }

    private static String measured(MeasurementResult figure) {
        String value = number(figure.value());
        return figure.standardError() == null || figure.standardError() == 0 ? value : value + " ± " + number(figure.standardError());
    }

    private static String bound(MeasurementResult figure) {
        return figure.relation().symbol() + " " + number(figure.bound());
    }

    private static String number(Double value) {
        return value == null ? "undefined" : String.format(Locale.ROOT, "%.4g", value);
    }

    private static int[] widths(List<String[]> rows) {
        int[] widths = new int[COLUMNS];
        for (String[] row : rows) {
            for (int c = 0; row != null && c < COLUMNS; c++) {
                widths[c] = Math.max(widths[c], row[c].codePointCount(0, row[c].length()));
            }
        }
        return widths;
    }

    /// One row, or a rule where `row` is null.
    private static void line(StringBuilder text, String[] row, int[] widths) {
        int from = text.length();
        for (int c = 0; c < COLUMNS; c++) {
            String cell = row == null ? "─".repeat(widths[c]) : row[c];
            text.append(cell).repeat(" ", widths[c] - cell.codePointCount(0, cell.length()));
            if (c < COLUMNS - 1) {
                text.append(row == null ? "─┼─" : " │ ");
            }
        }
        while (text.length() > from && text.charAt(text.length() - 1) == ' ') {
            text.setLength(text.length() - 1);
        }
        text.append('\n');
    }
}
