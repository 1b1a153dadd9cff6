package io.plumbline.validate.report;

import io.plumbline.validate.claim.ClaimResult;
import io.plumbline.validate.claim.Verdict;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.figure.FigureResult;
import io.plumbline.validate.task.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The report as one HTML page that brings everything with it.
final class Page {
    private final ValidationReport report;
    private final Html html = new Html();
    private final Map<String, Object> charts = new LinkedHashMap<>();

    private Page(ValidationReport report) {
        this.report = report;
    }

    static String of(ValidationReport report) {
        var page = new Page(report);
        page.content();
        var parts = new LinkedHashMap<String, String>();
        parts.put("katex.css", Assets.mathematicsStyle());
        parts.put("page.css", Assets.own("page.css"));
        parts.put("version", Html.escape(report.environment().version()));
        parts.put("content", page.html.toString());
        parts.put("charts", Assets.script(Json.write(page.charts)));
        parts.put("katex.js", Assets.mathematics());
        parts.put("echarts.js", Assets.charts());
        parts.put("page.js", Assets.script(Assets.own("page.js")));
        return fill(Assets.own("page.html"), parts);
    }

    /// Each `{{name}}` once, so that what is put in is not looked through for more.
    private static String fill(String template, Map<String, String> parts) {
        var text = new StringBuilder();
        int from = 0;
        for (int open = template.indexOf("{{"); open >= 0; open = template.indexOf("{{", from)) {
            int close = template.indexOf("}}", open);
            text.append(template, from, open).append(parts.get(template.substring(open + 2, close)));
            from = close + 2;
        }
        return text.append(template, from, template.length()).toString();
    }

    private void content() {
        if (!report.claims().isEmpty()) {
            summary();
        }
        if (!report.figures().isEmpty()) {
            html.raw("<nav>").element("h2 id=\"figures\"", "Figures").raw("<ul>");
            report.figures().forEach(
                    figure -> html.raw("<li><a href=\"#" + figure.id() + "\">" + figure.id() + "</a> " + Html.escape(figure.title()) + "</li>"));
            html.raw("</ul></nav>");
        }
        report.claims().forEach(this::claim);
        report.figures().forEach(this::figure);
        environment();
    }

    private void summary() {
        html.element("h2 id=\"claims\"", "Claims");
        html.raw("<p>" + counts() + " A sampled inequality is supported where it holds by three standard errors, an exact one to rounding.</p>");
        html.raw(
                "<div class=\"scroll\"><table class=\"summary\"><thead><tr><th>claim</th><th>verdict</th><th>statement</th><th class=\"number\">measured ± error</th>"
                        + "<th class=\"number\">claimed</th><th class=\"number\">seconds</th></tr></thead><tbody>");
        for (ClaimResult claim : report.claims()) {
            var worst = claim.worst();
            html.raw("<tr><td><a href=\"#" + claim.id() + "\">" + claim.id() + "</a></td><td>" + verdict(claim.verdict()) + "</td>")
                    .element("td class=\"statement\"", claim.statement())
                    .element("td class=\"number\"", worst == null ? "" : Html.number(worst.value(), worst.standardError()))
                    .element("td class=\"number\"", worst == null ? "" : worst.relation().symbol() + " " + Html.number(worst.bound()))
                    .element("td class=\"number\"", String.format(Locale.ROOT, "%.1f", claim.elapsedSeconds())).raw("</tr>");
        }
        html.raw("</tbody></table></div>");
        html.raw("<p class=\"quiet\">Measured and claimed: of the setting with the least room. All settings stand with each claim.</p>");
    }

    private String counts() {
        var text = new StringBuilder();
        for (Verdict verdict : Verdict.values()) {
            long count = report.claims().stream().filter(claim -> claim.verdict() == verdict).count();
            if (count > 0) {
                text.append(count).append(' ').append(verdict(verdict)).append(text.isEmpty() ? "" : " ").append(", ");
            }
        }
        return text.isEmpty() ? "" : text.substring(0, text.length() - 2).strip() + ".";
    }

    private static String verdict(Verdict verdict) {
        return "<span class=\"verdict " + verdict + "\">" + verdict + "</span>";
    }

    private void claim(ClaimResult claim) {
        html.raw("<section class=\"claim\">").raw("<h2 id=\"" + claim.id() + "\">" + claim.id() + " " + verdict(claim.verdict()) + "</h2>");
        html.element("div class=\"formula math display\"", claim.formula());
        html.element("p", claim.statement());
        if (claim.note() != null) {
            html.raw("<p class=\"note\">" + Html.escape(claim.note()) + "</p>");
        }
        html.element("p class=\"quiet\"", "Assumes: " + claim.assumptions());
        html.element("p class=\"quiet\"", "From: " + claim.source());
        claim.reasons().forEach(reason -> html.raw("<p class=\"note\">" + Html.escape(reason) + "</p>"));
        html.raw(
                "<div class=\"scroll\"><table><thead><tr><th>figure</th><th>setting</th><th class=\"number\">measured ± error</th><th class=\"number\">claimed</th>"
                        + "<th>verdict</th></tr></thead><tbody>");
        for (var figure : claim.figures()) {
            html.raw("<tr>").element("td", figure.name()).element("td class=\"quiet\"", figure.setting())
                    .element("td class=\"number\"", Html.number(figure.value(), figure.standardError()))
                    .element("td class=\"number\"", figure.relation().symbol() + " " + Html.number(figure.bound()))
                    .raw("<td>" + verdict(figure.verdict()) + "</td></tr>");
        }
        html.raw("</tbody></table></div></section>");
    }

    private void figure(FigureResult figure) {
        html.raw("<section class=\"figure\"><figure>")
                .raw("<h2 id=\"" + figure.id() + "\">" + figure.id() + ": " + Html.escape(figure.title()) + "</h2>");
        html.raw("<div class=\"charts\">");
        List<Panel> panels = figure.drawing().panels();
        for (int i = 0; i < panels.size(); i++) {
            String name = figure.id() + "-" + (i + 1);
            charts.put(name, Chart.option(panels.get(i)));
            html.raw("<div class=\"panel\">").element("h4", panels.get(i).title());
            html.raw("<span class=\"save\"><button data-save=\"svg\">SVG</button><button data-save=\"png\">PNG</button></span>");
            html.raw("<div class=\"chart\" data-chart=\"" + name + "\" role=\"img\" aria-label=\""
                    + Html.escape(figure.title() + ": " + panels.get(i).title())
                    + "\"></div></div>");
        }
        html.raw("</div>").element("figcaption", figure.caption());
        if (!figure.drawing().numbers().isEmpty()) {
            numbers(figure.drawing().numbers());
        }
        html.raw("</figure></section>");
    }

    /// A row for each setting, a column for each number.
    private void numbers(List<Value> numbers) {
        var names = numbers.stream().map(Value::name).distinct().toList();
        html.raw("<div class=\"scroll\"><table><thead><tr><th></th>");
        names.forEach(name -> html.element("th class=\"number\"", name));
        html.raw("</tr></thead><tbody>");
        for (String setting : numbers.stream().map(Value::setting).distinct().toList()) {
            html.raw("<tr>").element("td", setting);
            for (String name : names) {
                html.element("td class=\"number\"", numbers.stream().filter(number -> number.setting().equals(setting) && number.name().equals(name))
                        .findFirst().map(number -> Html.number(number.value(), number.standardError())).orElse(""));
            }
            html.raw("</tr>");
        }
        html.raw("</tbody></table></div>");
    }

    private void environment() {
        Environment environment = report.environment();
        html.element("h2 id=\"environment\"", "Environment").raw("<div class=\"scroll\"><table><tbody>");
        row("plumbline", environment.version() + ", commit " + environment.commit());
        row("device", environment.device() + " " + environment.precision() + ": " + environment.deviceDescription());
        row("system", environment.system() + ", " + environment.processors() + " processors; Java " + environment.java());
        row("scale and seed", report.scale() + ", " + report.seed());
        row("images", environment.images() + "; of 32 × 32: " + environment.colour());
        row("time", String.format(Locale.ROOT, "%.1f s", report.elapsedSeconds()));
        html.raw("</tbody></table></div>");
    }

    private void row(String name, String value) {
        html.raw("<tr>").element("th", name).element("td", value).raw("</tr>");
    }
}
