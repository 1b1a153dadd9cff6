package io.plumbline.validate.selfcheck;

import java.util.List;

/// What `selfcheck` found; its JSON is `plumbline.selfcheck/1`.
///
/// @param device         `cpu`, `reference`, …
/// @param descriptions   which library, how many threads: one for each precision checked
/// @param elapsedSeconds all of it
/// @param checks         how many lines there are
/// @param failed         how many of them failed
/// @param lines          every check, in order
public record SelfcheckReport(
        String schema, String device, List<String> descriptions, double elapsedSeconds, int checks, int failed, List<Check> lines) {
    /// The schema's name.
    public static final String SCHEMA = "plumbline.selfcheck/1";

    public SelfcheckReport {
        descriptions = List.copyOf(descriptions);
        lines = List.copyOf(lines);
    }
}
