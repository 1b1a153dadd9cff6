package io.plumbline.validate.report;

import io.plumbline.backend.Backend;
import io.plumbline.backend.DeviceException;
import io.plumbline.data.AtomicFile;
import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.validate.claim.ClaimResult;
import io.plumbline.validate.claim.Claims;
import io.plumbline.validate.claim.Experiment;
import io.plumbline.validate.figure.FigureResult;
import io.plumbline.validate.figure.Figures;
import io.plumbline.validate.figure.Setting;
import io.plumbline.validate.task.Json;
import io.plumbline.validate.task.Phases;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.CRC32C;

/// Tries claims, makes figures, and writes the report. What is done is kept in the report's folder until all is: the same request goes on where it was interrupted.
public final class ValidationTask {
    private static final String PARTIAL = "partial";
    private static final double NANOS = 1e9;
    private static final double SECONDS_A_MINUTE = 60;

    private final ValidationRequest request;
    private final String version;
    private final Phases phases;
    private final long started = System.nanoTime();
    private int done;
    private int total;

    private ValidationTask(ValidationRequest request, String version, Phases phases) {
        this.request = request;
        this.version = version;
        this.phases = phases;
    }

    /// @param version plumbline's
    /// @throws IOException if a file cannot be read, understood or written
    /// @throws IllegalArgumentException if the data are not what is wanted
    /// @throws DeviceException if the device is not there
    public static ValidationReport of(ValidationRequest request, String version, Phases phases) throws IOException {
        return new ValidationTask(request, version, phases).run();
    }

    private ValidationReport run() throws IOException {
        Setting setting = request.setting();
        requireImages(setting.images());
        if (setting.colour() != null) {
            requireImages(setting.colour());
        }
        Path folder = ReportFolder.make(Path.of(request.folder()));
        Environment environment;
        List<ClaimResult> claims;
        Path partial;
        try (Backend backend = request.resources().open()) {
            environment = Environment.of(version, backend, setting.imagesName(), setting.colourName());
            partial = ReportFolder.make(folder.resolve(PARTIAL).resolve(name(environment)));
            claims = claims(backend, partial);
        }
        List<FigureResult> figures = Figures.make(request.figures(), setting, partial, phases.renamed(name -> left() + name), this::at);
        var report = new ValidationReport(
                ValidationReport.SCHEMA, environment, request.scale().label(), request.seed(), claims, figures,
                (System.nanoTime() - started) / NANOS);
        ReportFolder.write(report, folder);
        delete(partial);
        return report;
    }

    private static void requireImages(String data) throws IOException {
        DataSource.parse(data).load(DataOptions.defaults().withExamples(1)).close();
    }

    private void at(int runs, int of) {
        done = runs;
        total = of;
    }

    /// How far figures have come, and how long they may take if runs are alike.
    private String left() {
        double minutes = (System.nanoTime() - started) / NANOS / SECONDS_A_MINUTE;
        String left = done == 0 ? "" : String.format(", some %.0f min left", Math.ceil(minutes / done * (total - done)));
        return "run " + (done + 1) + " of " + total + left + ": ";
    }

    /// Other seeds, data, devices and versions are kept apart.
    private String name(Environment environment) {
        var checksum = new CRC32C();
        String identity = String.join(
                "|", environment.version(), environment.commit(), environment.device(), environment.precision(), request.setting().images(),
                String.valueOf(request.setting().colour()));
        checksum.update(identity.getBytes(StandardCharsets.UTF_8));
        return request.scale().label() + "-" + request.seed() + "-" + Long.toHexString(checksum.getValue());
    }

    private List<ClaimResult> claims(Backend backend, Path partial) throws IOException {
        var results = new ArrayList<ClaimResult>();
        for (String id : request.claims()) {
            Path file = partial.resolve(id + ".json");
            if (Files.exists(file)) {
                results.add(Json.read(file, ClaimResult.class));
                continue;
            }
            var experiment = new Experiment(
                    backend, request.scale(), request.seed(), DataSource.parse(request.setting().images())::load, phases.begin(id + ": trials"));
            ClaimResult result = Claims.run(List.of(id), experiment).getFirst();
            AtomicFile.write(file, Json.write(result).getBytes(StandardCharsets.UTF_8));
            results.add(result);
        }
        return results;
    }

    private static void delete(Path partial) throws IOException {
        try (var files = Files.walk(partial)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        try (var others = Files.newDirectoryStream(partial.getParent())) {
            if (!others.iterator().hasNext()) {
                Files.delete(partial.getParent());
            }
        }
    }
}
