package io.plumbline.validate.report;

import java.util.Locale;

/// Text of a page, escaped where it is not markup.
final class Html {
    private final StringBuilder text = new StringBuilder();

    /// Markup, as it is.
    Html raw(String markup) {
        text.append(markup).append('\n');
        return this;
    }

    /// `<tag>content</tag>`, the content escaped.
    ///
    /// @param opening the tag and its attributes
    Html element(String opening, String content) {
        text.append('<').append(opening).append('>').append(escape(content)).append("</").append(opening.split(" ", 2)[0]).append(">\n");
        return this;
    }

    static String escape(String plain) {
        return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    /// Four significant digits.
    static String number(Double value) {
        return value == null
                ? "undefined"
                : value == Math.rint(value) && Math.abs(value) < 1e6
                        ? String.format(Locale.ROOT, "%.0f", value)
                        : String.format(Locale.ROOT, "%.4g", value);
    }

    /// A value and, where it is not exact, its standard error.
    static String number(Double value, Double standardError) {
        return standardError == null || standardError == 0 || value == null
                ? number(value)
                : number(value) + " ± " + String.format(Locale.ROOT, "%.2g", standardError);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
