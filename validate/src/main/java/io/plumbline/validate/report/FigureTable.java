package io.plumbline.validate.report;

import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.FigureResult;
import java.util.List;

/// A figure's curves as CSV (RFC 4180, lines ended by LF): `panel,curve,line,x,y,error`, a row for each point; empty where there is no number.
final class FigureTable {
    private FigureTable() {}

    static String csv(FigureResult figure) {
        var text = new StringBuilder("panel,curve,line,x,y,error\n");
        for (Panel panel : figure.drawing().panels()) {
            for (Curve curve : panel.curves()) {
                for (int line = 0; line < curve.y().size(); line++) {
                    rows(text, panel.title(), curve, line);
                }
            }
        }
        return text.toString();
    }

    private static void rows(StringBuilder text, String panel, Curve curve, int line) {
        List<Double> y = curve.y().get(line);
        for (int i = 0; i < y.size(); i++) {
            text.append(quoted(panel)).append(',').append(quoted(curve.name())).append(',').append(line).append(',');
            text.append(number(curve.x().get(i))).append(',').append(number(y.get(i))).append(',');
            text.append(curve.error() == null ? "" : number(curve.error().get(i))).append('\n');
        }
    }

    private static String number(Double value) {
        return value == null ? "" : value.toString();
    }

    private static String quoted(String text) {
        return text.matches("[^\",\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
