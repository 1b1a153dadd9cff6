package io.plumbline.validate.claim;

import io.plumbline.data.AtomicFile;
import io.plumbline.validate.task.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/// What `validate` found, as results.json holds it. The same experiment gives the same content but for the elapsed seconds.
///
/// @param schema         [#SCHEMA]
/// @param device         the backend's name
/// @param precision      `f32` or `f64`
/// @param scale          `quick` or `full`
/// @param seed           of all random numbers
/// @param claims         in the order they were run
/// @param elapsedSeconds all of it
public record Results(String schema, String device, String precision, String scale, long seed, List<ClaimResult> claims, double elapsedSeconds) {
    /// The version of this form.
    public static final String SCHEMA = "plumbline.validate/1";

    public Results {
        claims = List.copyOf(claims);
    }

    /// One claim's.
    ///
    /// @param reasons why the verdict is not SUPPORTED; empty if it is
    public record ClaimResult(
            String id,
            String statement,
            String assumptions,
            String source,
            List<FigureResult> figures,
            Verdict verdict,
            List<String> reasons,
            double elapsedSeconds) {
        public ClaimResult {
            figures = List.copyOf(figures);
            reasons = List.copyOf(reasons);
        }

        /// The figure that speaks for the claim: of the worst verdict and the least room; null if nothing was measured.
        public FigureResult worst() {
            return figures.stream().max(FigureResult.BY_ROOM).orElse(null);
        }

        static ClaimResult of(Claim claim, Outcome outcome, double elapsedSeconds) {
            return of(claim, outcome.measurements().stream().map(FigureResult::of).toList(), outcome.verdict(), outcome.reasons(), elapsedSeconds);
        }

        /// The claim's own words and what was found.
        public static ClaimResult of(Claim claim, List<FigureResult> figures, Verdict verdict, List<String> reasons, double elapsedSeconds) {
            return new ClaimResult(claim.id(), claim.statement(), claim.assumptions(), claim.source(), figures, verdict, reasons, elapsedSeconds);
        }
    }

    /// One [Measurement]; a number that is not finite is null.
    public record FigureResult(
            String name,
            String setting,
            Double value,
            Double standardError,
            Double bound,
            Relation relation,
            Double tolerance,
            Verdict verdict) {
        /// From the one that the claim stands best by to the worst.
        static final Comparator<FigureResult> BY_ROOM = Comparator.comparing(FigureResult::verdict).thenComparingDouble(figure -> -figure.room());

        static FigureResult of(Measurement m) {
            return new FigureResult(
                    m.name(),
                    m.setting(),
                    finite(m.value()),
                    finite(m.standardError()),
                    finite(m.bound()),
                    m.relation(),
                    finite(m.tolerance()),
                    m.verdict());
        }

        /// See [Relation#room]; −∞ if a number is missing.
        double room() {
            boolean complete = value != null && standardError != null && bound != null && tolerance != null;
            return complete ? relation.room(value, standardError, bound, tolerance) : Double.NEGATIVE_INFINITY;
        }

        private static Double finite(double value) {
            return Double.isFinite(value) ? value : null;
        }
    }

    /// The worst verdict of the claims.
    public Verdict verdict() {
        return Verdict.worst(claims.stream().map(ClaimResult::verdict).toList());
    }

    /// The JSON text, indented, ending in a newline.
    public String toJson() {
        return Json.write(this);
    }

    /// Writes the JSON text to `file`, whole or not at all, and makes its folder if there is none.
    ///
    /// @throws IOException with a message that names the file, if it cannot be written
    public void write(Path file) throws IOException {
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            try {
                Files.createDirectories(folder);
            } catch (IOException failure) {
                throw new IOException(file + ": cannot be written: no folder " + folder + " can be made", failure);
            }
        }
        AtomicFile.write(file, toJson().getBytes(StandardCharsets.UTF_8));
    }
}
