package io.plumbline.validate.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.data.MalformedFileException;
import io.plumbline.validate.claim.Claims;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir
    Path folder;

    private final ValidationReport report = Reports.everything();

    /// Results are read back as they were written, and draw the same files.
    @Test
    void resultsAloneDrawItAgain() throws IOException {
        ReportFolder.write(report, folder.resolve("a"));
        var again = ValidationReport.read(folder.resolve("a/results.json"));
        assertEquals(report, again);
        ReportFolder.draw(again, folder.resolve("b"));
        for (String file : List.of("index.html", "figures/fig-x.csv", "figures/fig-x.json")) {
            assertArrayEquals(Files.readAllBytes(folder.resolve("a").resolve(file)), Files.readAllBytes(folder.resolve("b").resolve(file)), file);
        }
    }

    @Test
    void otherResultsAreRefused() throws IOException {
        Path file = folder.resolve("results.json");
        Files.writeString(file, "{\"schema\": \"plumbline.measure/1\"}");
        assertEquals(
                file + ": schema is plumbline.measure/1, expected plumbline.validate/2",
                assertThrows(MalformedFileException.class, () -> ValidationReport.read(file)).getMessage());
        Files.writeString(file, "{\"schema\": \"plumbline.validate/2\"}");
        String message = assertThrows(MalformedFileException.class, () -> ValidationReport.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": ") && message.endsWith("claims: found none, expected a list"), message);
    }

    @Test
    void saysWhichFolderCannotBeWritten() throws IOException {
        Path taken = Files.writeString(folder.resolve("taken"), "");
        var failure = assertThrows(IOException.class, () -> ReportFolder.write(report, taken));
        assertEquals(taken + ": cannot be written to: not a directory", failure.getMessage());
    }

    @Test
    void pointsAsRows() {
        String csv = FigureTable.csv(report.figures().getFirst());
        assertTrue(csv.startsWith("panel,curve,line,x,y,error\nfirst,μ,0,1.0,1.0,0.5\nfirst,μ,0,2.0,3.0,0.25\n"), csv);
        assertTrue(csv.contains("second,\"all, \"\"thin\"\"\",1,4.0,,\n"), csv);
    }

    /// Error bars reach a deviation up and down; trajectories are apart from each other, and have no point where a logarithm has none.
    @Test
    void chartsAreData() throws IOException {
        ReportFolder.write(report, folder);
        JsonNode charts = new ObjectMapper().readTree(folder.resolve("figures/fig-x.json").toFile());
        assertEquals("[[1.0,0.5],[1.0,1.5],[1.0,null],[2.0,2.75],[2.0,3.25],[2.0,null],[4.0,1.5],[4.0,2.5],[4.0,null]]",
                charts.at("/0/option/series/1/data").toString());
        assertEquals("log", charts.at("/0/option/xAxis/type").asText());
        assertEquals("[[1.0,1.0],[2.0,10.0],[4.0,100.0],[4.0,null],[1.0,1.0],[2.0,null],[4.0,null],[4.0,null]]",
                charts.at("/1/option/series/0/data").toString());
    }

    /// All claims are there, charts drawn, mathematics set, and nothing is said on the console: the page's policy would say what is fetched.
    @Test
    void theBrowserShowsIt() throws Exception {
        assumeTrue(Browser.find().isPresent(), "there is no Chromium on the PATH");
        ReportFolder.write(report, folder);
        Path page = folder.resolve(ReportFolder.PAGE);
        Browser seen = Browser.open(page, folder);
        assertEquals(List.of(), seen.console());
        String document = seen.document().replaceAll("(?s)<(script|style).*?</\\1>", "");
        for (var claim : Claims.all()) {
            assertTrue(document.contains("<h2 id=\"" + claim.id() + "\">"), claim.id());
        }
        assertTrue(document.contains("data-drawn=\"2\""), "two charts");
        assertEquals(2, count("class=\"chart\"[^>]*>\\s*<div[^>]*><svg", document), "two drawings in their charts");
        assertFalse(document.contains("katex-error"));
        assertEquals(count("class=\"math[^\"]*\">", document), count("class=\"math[^\"]*\"><span class=\"katex", document), "mathematics set");
        assertFalse(Pattern.compile("(src|href)=\"?https?:").matcher(document).find(), "no other resource is named");
    }

    /// Each chart is saved as SVG and as PNG under its own name.
    @Test
    void theBrowserSavesCharts() throws Exception {
        assumeTrue(Browser.find().isPresent(), "there is no Chromium on the PATH");
        Path page = folder.resolve("page.html");
        String clicks = """
                <script>
                const saved = [];
                HTMLAnchorElement.prototype.click = function () { saved.push(this.download + " " + this.href.slice(0, 15)); };
                document.querySelectorAll("button[data-save]").forEach(button => button.click());
                document.body.dataset.saved = saved.join("; ");
                </script>
                </body>
                </html>""";
        Files.writeString(page, Page.of(report).replace("</body>\n</html>", clicks));
        Browser seen = Browser.open(page, folder);
        assertEquals(List.of(), seen.console());
        String saved = "fig-x-1.svg blob:[^;]*; fig-x-1.png data:image/png;; fig-x-2.svg blob:[^;]*; fig-x-2.png data:image/png;";
        assertTrue(Pattern.compile("data-saved=\"" + saved + "\"").matcher(seen.document()).find(), "saved");
    }

    /// What the tests above would see if the page fetched something, or a script failed.
    @Test
    void theBrowserTellsOfWhatIsWrong() throws Exception {
        assumeTrue(Browser.find().isPresent(), "there is no Chromium on the PATH");
        Path page = folder.resolve("page.html");
        Files.writeString(page, Page.of(report).replace("draw();\ndocument", "draw();\nfetch('https://example.org/');\nnothing();\ndocument"));
        Browser seen = Browser.open(page, folder);
        assertTrue(seen.console().stream().anyMatch(line -> line.contains("Content Security Policy")), seen.console().toString());
        assertTrue(seen.console().stream().anyMatch(line -> line.contains("nothing is not defined")), seen.console().toString());
        assertFalse(seen.document().contains("data-drawn"));
    }

    private static int count(String pattern, String text) {
        return (int) Pattern.compile(pattern).matcher(text).results().count();
    }
}
