package io.plumbline.validate.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.plumbline.data.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Requests and reports as JSON.
public final class Json {
    private static final ObjectMapper MAPPER = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private static final ObjectMapper LINES = new ObjectMapper();

    private Json() {}

    /// The text, ending with a line's end.
    public static String write(Object report) {
        return write(MAPPER, report);
    }

    /// The text in one line, its end included.
    static String line(Object report) {
        return write(LINES, report);
    }

    /// What was written as JSON to `file`.
    ///
    /// @throws MalformedFileException if it is something else
    /// @throws IOException if it cannot be read
    public static <T> T read(Path file, Class<T> type) throws IOException {
        try {
            return MAPPER.readValue(Files.readAllBytes(file), type);
        } catch (JsonProcessingException malformed) {
            throw new MalformedFileException(file + ": " + malformed.getOriginalMessage(), malformed);
        }
    }

    /// What each line of `file` says.
    ///
    /// @throws MalformedFileException if a line is no JSON
    /// @throws IOException if it cannot be read
    static List<JsonNode> readLines(Path file) throws IOException {
        var nodes = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(file)) {
            try {
                nodes.add(LINES.readTree(line));
            } catch (JsonProcessingException malformed) {
                throw new MalformedFileException(file + ": line " + (nodes.size() + 1) + ": " + malformed.getOriginalMessage(), malformed);
            }
        }
        return nodes;
    }

    private static String write(ObjectMapper mapper, Object report) {
        try {
            return mapper.writeValueAsString(report) + "\n";
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("writing " + report.getClass().getSimpleName(), impossible);
        }
    }
}
