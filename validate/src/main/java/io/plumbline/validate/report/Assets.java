package io.plumbline.validate.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The libraries that the page brings with it, from their webjars: Apache ECharts for charts, KaTeX for mathematics with its fonts inlined. Nothing is fetched.
final class Assets {
    private static final String ROOT = "/META-INF/resources/webjars/";
    private static final Pattern SOURCES = Pattern.compile("src:(url\\(fonts/([^)]*\\.woff2)\\) format\\(\"woff2\"\\))[^;}]*");

    private Assets() {}

    static String charts() {
        return script(webjar("echarts", "dist/echarts.min.js"));
    }

    static String mathematics() {
        return script(webjar("katex", "dist/katex.min.js"));
    }

    /// KaTeX's style sheet; of each font only the form that all browsers of this decade read.
    static String mathematicsStyle() {
        Matcher font = SOURCES.matcher(webjar("katex", "dist/katex.min.css"));
        return font.replaceAll(found -> {
            byte[] bytes = bytes(ROOT + "katex/" + version("katex") + "/dist/fonts/" + found.group(2));
            return "src:url(data:font/woff2;base64," + Base64.getEncoder().encodeToString(bytes) + ") format(\"woff2\")";
        });
    }

    /// A file beside this class.
    static String own(String name) {
        return new String(bytes("/io/plumbline/validate/report/" + name), StandardCharsets.UTF_8);
    }

    /// In a page nothing in a script may end the script.
    static String script(String text) {
        return text.replace("</script", "<\\/script").replace("<!--", "<\\!--");
    }

    private static String webjar(String name, String file) {
        return new String(bytes(ROOT + name + "/" + version(name) + "/" + file), StandardCharsets.UTF_8);
    }

    private static String version(String name) {
        return BuildProperties.get(name);
    }

    private static byte[] bytes(String resource) {
        try (InputStream stream = Assets.class.getResourceAsStream(resource)) {
            if (stream == null) {
                throw new IllegalStateException(resource + " is missing from the class path");
            }
            return stream.readAllBytes();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
