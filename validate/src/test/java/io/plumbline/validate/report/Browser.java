package io.plumbline.validate.report;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// Chromium without a window.
///
/// @param document the page after its scripts have run
/// @param console  what they and the page's policy said on the console
record Browser(String document, List<String> console) {
    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
    private static final int PATIENCE_SECONDS = 120;

    /// The first that the PATH has.
    static Optional<Path> find() {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name))).filter(Files::isExecutable).findFirst();
    }

    /// Opens the page, whose profile goes into `folder`.
    static Browser open(Path page, Path folder) throws IOException, InterruptedException {
        Path document = folder.resolve("document.html");
        Path log = folder.resolve("browser.log");
        Process browser = new ProcessBuilder(
                find().orElseThrow().toString(), "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=" + folder.resolve("profile"),
                "--enable-logging=stderr", "--virtual-time-budget=10000", "--dump-dom", page.toUri().toString())
                .redirectOutput(document.toFile()).redirectError(log.toFile()).start();
        try {
            assertTrue(browser.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS), "the browser takes too long");
        } finally {
            browser.destroyForcibly().waitFor();
        }
        try (var lines = Files.lines(log, StandardCharsets.ISO_8859_1)) {
            return new Browser(Files.readString(document), lines.filter(line -> line.contains("CONSOLE")).toList());
        }
    }
}
