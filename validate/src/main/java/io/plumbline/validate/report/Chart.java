package io.plumbline.validate.report;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Kind;
import io.plumbline.validate.figure.Drawing.Panel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A chart as Apache ECharts draws it: its option, JSON without code, so that it can be drawn elsewhere. Error bars are lines of two points with flat ends; a bundle is
/// one line that is broken between trajectories.
final class Chart {
    /// Colours that can be told apart on light and dark ground, also by most who do not see red or green.
    private static final List<String> COLOURS = List.of("#4269d0", "#d9810b", "#3ca951", "#c2417c", "#8a5cd6", "#1b998b");
    private static final String BUNDLE = "#4269d0";
    private static final String MEAN = "#d1343b";
    private static final int BUNDLE_SHARE = 4;

    private Chart() {}

    /// The option of a panel.
    static Map<String, Object> option(Panel panel) {
        var series = new ArrayList<Map<String, Object>>();
        var names = new ArrayList<String>();
        boolean bundled = panel.curves().stream().anyMatch(curve -> curve.kind() == Kind.BUNDLE);
        int next = 0;
        for (Curve curve : panel.curves()) {
            names.add(curve.name());
            String colour = curve.kind() == Kind.BUNDLE
                    ? BUNDLE
                    : bundled && curve.kind() == Kind.LINE ? MEAN : COLOURS.get((bundled ? 1 : next++) % COLOURS.size());
            series.add(line(curve, colour, panel.y().logarithmic()));
            if (curve.error() != null) {
                series.add(errorBars(curve, colour, panel.y().logarithmic()));
            }
        }
        return map(
                "animation", false,
                "grid", map("left", 16, "right", 24, "top", 44, "bottom", 36, "containLabel", true),
                "legend", map("type", "scroll", "top", 0, "left", 0, "right", 70, "data", names),
                "tooltip", map("trigger", bundled ? "item" : "axis", "confine", true),
                "toolbox", map("right", 0, "feature", map("dataZoom", map("filterMode", "none"), "restore", map())),
                "dataZoom", List.of(map("type", "inside", "xAxisIndex", 0, "filterMode", "none")),
                "xAxis", axis(panel.x(), 26),
                "yAxis", axis(panel.y(), 8),
                "series", series);
    }

    private static Map<String, Object> axis(Axis axis, int gap) {
        boolean across = gap > 10;
        var found = map("type", axis.logarithmic() ? "log" : "value", "name", axis.label(), "nameGap", gap);
        // Ordinates begin at 0.
        found.put("scale", across);
        found.put("nameLocation", across ? "middle" : "end");
        found.put("nameTextStyle", map("align", across ? "center" : "left"));
        found.put("axisLine", map("show", true));
        found.put("axisLabel", map("hideOverlap", true));
        return found;
    }

    private static Map<String, Object> line(Curve curve, String colour, boolean logarithmic) {
        boolean bundle = curve.kind() == Kind.BUNDLE;
        var data = new ArrayList<List<Double>>();
        for (List<Double> row : curve.y()) {
            for (int i = 0; i < row.size(); i++) {
                data.add(point(curve.x().get(i), row.get(i), logarithmic));
            }
            if (bundle) {
                data.add(Arrays.asList(curve.x().getLast(), null));
            }
        }
        var style = map("color", colour, "width", bundle ? 1 : 2, "type", curve.kind() == Kind.THEORY ? "dashed" : "solid");
        style.put("opacity", bundle ? 1.0 / BUNDLE_SHARE : 1.0);
        var line = map("type", "line", "name", curve.name(), "data", data, "lineStyle", style, "itemStyle", map("color", colour));
        line.put("showSymbol", curve.kind() == Kind.MARKERS);
        line.put("symbolSize", 6);
        line.put("silent", bundle);
        line.put("z", bundle ? 1 : 3);
        return line;
    }

    private static Map<String, Object> errorBars(Curve curve, String colour, boolean logarithmic) {
        var data = new ArrayList<List<Double>>();
        List<Double> y = curve.y().getFirst();
        for (int i = 0; i < y.size(); i++) {
            if (y.get(i) != null && curve.error().get(i) != null) {
                data.add(point(curve.x().get(i), y.get(i) - curve.error().get(i), logarithmic));
                data.add(point(curve.x().get(i), y.get(i) + curve.error().get(i), logarithmic));
                data.add(Arrays.asList(curve.x().get(i), null));
            }
        }
        var bars = map("type", "line", "name", curve.name(), "data", data, "itemStyle", map("color", colour));
        bars.put("lineStyle", map("color", colour, "width", 1));
        bars.put("symbol", "rect");
        bars.put("symbolSize", List.of(9, 1.5));
        bars.put("silent", true);
        bars.put("tooltip", map("show", false));
        return bars;
    }

    /// A logarithm has no place for what is not positive.
    private static List<Double> point(Double x, Double y, boolean logarithmic) {
        return Arrays.asList(x, y == null || logarithmic && !(y > 0) ? null : y);
    }

    private static Map<String, Object> map(Object... keysAndValues) {
        var map = new LinkedHashMap<String, Object>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            map.put((String) keysAndValues[i], keysAndValues[i + 1]);
        }
        return map;
    }
}
