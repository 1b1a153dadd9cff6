package io.plumbline.validate;

import io.plumbline.data.AtomicFile;
import io.plumbline.validate.task.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// Where a report goes: a table for people on standard output, JSON for programs in a file or instead of the table.
final class Output {
    private static final String STANDARD_OUTPUT = "-";

    @Option(
            names = "--json",
            paramLabel = "FILE",
            description = "Also write the report as JSON to FILE; with - only that, to standard output.")
    private String json;

    /// Work that ends in a report.
    interface Work<T> {
        T run() throws IOException;
    }

    /// Text for people.
    interface Table<T> {
        void print(T report, PrintWriter out);
    }

    /// Whether standard output is for people's table.
    boolean isForPeople() {
        return !STANDARD_OUTPUT.equals(json);
    }

    /// Does the work and gives out its report. A file that cannot be written is found before the work begins; it appears when the report is whole.
    <T> void report(PrintWriter out, Work<T> work, Table<T> table) throws IOException {
        if (json == null) {
            table.print(work.run(), out);
        } else if (!isForPeople()) {
            out.print(Json.write(work.run()));
        } else {
            try (var file = new AtomicFile(Path.of(json))) {
                T report = work.run();
                file.append(ByteBuffer.wrap(Json.write(report).getBytes(StandardCharsets.UTF_8)));
                file.commit();
                table.print(report, out);
            }
        }
        out.flush();
    }
}
