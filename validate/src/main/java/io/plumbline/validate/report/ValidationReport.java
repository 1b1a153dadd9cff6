package io.plumbline.validate.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.data.MalformedFileException;
import io.plumbline.validate.claim.ClaimResult;
import io.plumbline.validate.claim.Verdict;
import io.plumbline.validate.figure.FigureResult;
import io.plumbline.validate.task.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/// What `validate` found, as results.json holds it. The same seed on the same device gives the same content but for the elapsed seconds.
///
/// @param schema  [#SCHEMA]
/// @param scale   `quick` or `full`
/// @param seed    of all random numbers
/// @param claims  in the order they were tried
/// @param figures in the order they were made
public record ValidationReport(
        String schema, Environment environment, String scale, long seed, List<ClaimResult> claims, List<FigureResult> figures,
        double elapsedSeconds) {
    /// The version of this form.
    public static final String SCHEMA = "plumbline.validate/2";

    public ValidationReport {
        claims = List.copyOf(Objects.requireNonNull(claims, "claims: found none, expected a list"));
        figures = List.copyOf(Objects.requireNonNull(figures, "figures: found none, expected a list"));
        Objects.requireNonNull(environment, "environment: found none, expected an object");
    }

    /// Reads what [#toJson] wrote.
    ///
    /// @throws MalformedFileException if the file is something else
    /// @throws IOException if it cannot be read
    public static ValidationReport read(Path file) throws IOException {
        String schema = Json.read(file, JsonNode.class).path("schema").asText("none");
        if (!schema.equals(SCHEMA)) {
            throw new MalformedFileException(file + ": schema is " + schema + ", expected " + SCHEMA);
        }
        return Json.read(file, ValidationReport.class);
    }

    /// The JSON text, indented, ending in a newline.
    public String toJson() {
        return Json.write(this);
    }

    /// The worst verdict of the claims, SUPPORTED if none was tried.
    @JsonIgnore
    public Verdict verdict() {
        return claims.stream().map(ClaimResult::verdict).max(Verdict::compareTo).orElse(Verdict.SUPPORTED);
    }
}
