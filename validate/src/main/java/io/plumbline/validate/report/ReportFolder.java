package io.plumbline.validate.report;

import io.plumbline.data.AtomicFile;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.FigureResult;
import io.plumbline.validate.task.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Where a report goes.
///
/// ```
/// results.json       everything that was found (plumbline.validate/2)
/// index.html         the page, which needs no other file
/// figures/fig-1a.csv the curves of a figure, a row for each point
/// figures/fig-1a.json its charts as options of Apache ECharts
/// ```
public final class ReportFolder {
    /// What [ValidationReport#toJson] writes.
    public static final String RESULTS = "results.json";
    /// The page.
    public static final String PAGE = "index.html";
    private static final String FIGURES = "figures";

    private ReportFolder() {}

    /// Makes it if there is none.
    ///
    /// @throws IOException with the folder's name, if that cannot be
    public static Path make(Path folder) throws IOException {
        try {
            return Files.createDirectories(folder);
        } catch (FileAlreadyExistsException taken) {
            throw new IOException(folder + ": cannot be written to: not a directory", taken);
        } catch (FileSystemException failure) {
            String reason = Objects.requireNonNullElse(failure.getReason(), failure.getClass().getSimpleName());
            throw new IOException(folder + ": cannot be made: " + reason, failure);
        }
    }

    /// Writes results and page.
    ///
    /// @throws IOException if a file cannot be written
    public static void write(ValidationReport report, Path folder) throws IOException {
        write(make(folder).resolve(RESULTS), report.toJson());
        draw(report, folder);
    }

    /// Writes everything but the results.
    ///
    /// @throws IOException if a file cannot be written
    public static void draw(ValidationReport report, Path folder) throws IOException {
        make(folder);
        if (!report.figures().isEmpty()) {
            Path figures = make(folder.resolve(FIGURES));
            for (FigureResult figure : report.figures()) {
                write(figures.resolve(figure.id() + ".csv"), FigureTable.csv(figure));
                write(figures.resolve(figure.id() + ".json"), Json.write(charts(figure)));
            }
        }
        write(folder.resolve(PAGE), Page.of(report));
    }

    private record TitledChart(String title, Map<String, Object> option) {}

    private static List<TitledChart> charts(FigureResult figure) {
        var charts = new ArrayList<TitledChart>();
        for (Panel panel : figure.drawing().panels()) {
            charts.add(new TitledChart(panel.title(), Chart.option(panel)));
        }
        return charts;
    }

    private static void write(Path file, String text) throws IOException {
        AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    }
}
