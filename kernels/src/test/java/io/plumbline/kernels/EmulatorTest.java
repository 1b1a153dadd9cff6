package io.plumbline.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// What `make test` reports, a test a line: the emulator, what it must catch, the headers, the random numbers.
class EmulatorTest {
    private static final Pattern REPORT = Pattern.compile("(ok|FAILED) ([^:]*)(?:: (.*))?");

    @TestFactory
    List<DynamicTest> reports() throws IOException, InterruptedException {
        String compiler = System.getenv().getOrDefault("CXX", "g++");
        assumeTrue(isOnPath("make") && isOnPath(compiler), "needs make and a C++ compiler, g++ or the one that CXX names");
        Process make = new ProcessBuilder("make", "-s", "-k", "-j2", "--output-sync=target", "test",
                "BUILD=" + System.getProperty("plumbline.build.folder"),
                "CXX=" + compiler).redirectErrorStream(true).start();
        var tests = new ArrayList<DynamicTest>();
        var rest = new StringBuilder();
        for (String line : make.inputReader().lines().toList()) {
            var report = REPORT.matcher(line);
            if (report.matches()) {
                boolean passed = report.group(1).equals("ok");
                tests.add(dynamicTest(report.group(2), () -> {
                    if (!passed) {
                        fail(line);
                    }
                }));
            } else {
                rest.append(line).append('\n');
            }
        }
        int status = make.waitFor();
        tests.add(dynamicTest("make test", () -> assertEquals(0, status, rest.toString())));
        return tests;
    }

    private static boolean isOnPath(String program) {
        return program.contains(File.separator)
                ? new File(program).canExecute()
                : Stream.of(System.getenv("PATH").split(File.pathSeparator)).anyMatch(folder -> new File(folder, program).canExecute());
    }
}
