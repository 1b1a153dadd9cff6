package io.plumbline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// The program that README shows is the one that is compiled and run here.
class ReadmeTest {
    @Test
    void showsTheProgramThatRuns() throws IOException {
        String program = Files.readString(Path.of("src/test/java/io/plumbline/Example.java"));
        String body = program.substring(program.indexOf("import "));
        String readme = Files.readString(Path.of("../README.md"));
        int from = readme.indexOf("```java\n") + "```java\n".length();
        assertEquals(body, readme.substring(from, readme.indexOf("```", from)));
        double[] figures = Example.figures();
        assertTrue(Arrays.stream(figures).allMatch(Double::isFinite), Arrays.toString(figures));
        assertTrue(figures[0] > 0 && figures[1] > 0);
    }
}
