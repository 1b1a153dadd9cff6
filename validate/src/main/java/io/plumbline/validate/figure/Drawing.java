package io.plumbline.validate.figure;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What a figure shows, as plain data: charts and numbers. How it looks is decided by what draws it.
public record Drawing(List<Panel> panels, List<Value> numbers) {
    public Drawing {
        panels = List.copyOf(panels);
        numbers = List.copyOf(numbers);
    }

    /// A chart.
    public record Panel(String title, Axis x, Axis y, List<Curve> curves) {
        public Panel {
            curves = List.copyOf(curves);
        }
    }

    /// @param label what it counts, in plain text
    public record Axis(String label, boolean logarithmic) {
        static Axis linear(String label) {
            return new Axis(label, false);
        }

        static Axis logarithmic(String label) {
            return new Axis(label, true);
        }
    }

    /// How a curve is drawn.
    public enum Kind {
        /// A line.
        LINE,
        /// A line through markers.
        MARKERS,
        /// A dashed line: what theory says.
        THEORY,
        /// Many thin lines.
        BUNDLE;

        @JsonValue
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Values over x; null where there is none.
    ///
    /// @param y     one row for each line: one, or many of a bundle
    /// @param error standard deviations or errors of the only row, as the figure's caption says; null without
    public record Curve(
            String name, Kind kind, List<Double> x, List<List<Double>> y, @JsonInclude(JsonInclude.Include.NON_NULL) List<Double> error) {
        static Curve line(String name, double[] x, double... y) {
            return new Curve(name, Kind.LINE, values(x), List.of(values(y)), null);
        }

        static Curve theory(String name, double[] x, double... y) {
            return new Curve(name, Kind.THEORY, values(x), List.of(values(y)), null);
        }

        static Curve markers(String name, double[] x, double[] y, double[] error) {
            return new Curve(name, Kind.MARKERS, values(x), List.of(values(y)), error == null ? null : values(error));
        }
    }

    /// A number that belongs to the figure.
    ///
    /// @param name          what it is, in plain text
    /// @param setting       of which model or batch size
    /// @param value         null where it does not exist
    /// @param standardError 0 where the method is exact
    public record Value(String name, String setting, Double value, double standardError) {
        static Value of(String name, String setting, double value, double standardError) {
            return new Value(name, setting, finite(value), Double.isFinite(standardError) ? standardError : 0);
        }

        static Value exact(String name, String setting, double value) {
            return of(name, setting, value, 0);
        }
    }

    /// A row, with null for what is not finite: JSON has no such numbers.
    static List<Double> values(double... values) {
        return new ArrayList<>(Arrays.stream(values).mapToObj(Drawing::finite).toList());
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
