package io.plumbline.validate.bundle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The parts of a bundle; `.ci/run` packs a whole one and starts it.
class BundleTest {
    private static final Installation NOWHERE = new Installation(Path.of("nowhere"), Path.of("nowhere.jar"));

    @TempDir
    Path folder;

    @Test
    void whatIsThereStays() throws Exception {
        Path file = Files.writeString(folder.resolve("a.tar.gz"), "before");
        refused(file, file + ": is there already, expected a new file");
        refused(folder, folder + ": is there already, expected a new folder");
        assertEquals("before", Files.readString(file));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.tar.xz", "a.tar", "a.tgz", "a.zip"})
    void otherArchives(String name) {
        refused(folder.resolve(name), folder.resolve(name) + ": expected a folder, or a file whose name ends in .tar.gz");
    }

    private static void refused(Path out, String message) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, () -> Bundle.write(NOWHERE, false, out)).getMessage());
    }

    @Test
    void aFolderThatIsNotThere() {
        Path out = folder.resolve("none/a");
        var failure = assertThrows(IOException.class, () -> Bundle.write(NOWHERE, false, out));
        assertEquals(out + ": cannot be written: " + folder + "/none is not a directory", failure.getMessage());
    }

    /// What cannot be packed leaves nothing behind.
    @Test
    void halfABundleIsNone() throws Exception {
        assertThrows(IOException.class, () -> Bundle.write(NOWHERE, false, folder.resolve("a")));
        try (var files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    @Test
    void jarsLoseWhatNothingCalls() throws Exception {
        Path jar = folder.resolve("a.jar");
        byte[] content = new byte[10_000];
        content[9_999] = 1;
        var names = List.of("lib/libJCudaDriver-12.6.0-linux-x86_64.so", "lib/libJCublas2-12.6.0-linux-x86_64.so", "io/libopenblas.so.0",
                "lib/libJNvPTXCompiler-12.6.0-linux-x86_64.so", "io/libjniopenblas_full.so");
        try (var zip = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(content);
            }
        }
        Path copy = folder.resolve("b.jar");
        Jars.copy(jar, copy);
        try (var zip = new ZipFile(copy.toFile())) {
            assertEquals(Set.copyOf(names.subList(0, 3)), zip.stream().map(ZipEntry::getName).collect(Collectors.toSet()));
            try (var in = zip.getInputStream(zip.getEntry(names.get(1)))) {
                assertArrayEquals(content, in.readAllBytes());
            }
        }
    }

    /// What `tar` makes of an archive: names of every length up to where they split, links, modes, sizes on both sides of a block.
    @Test
    void tarReadsTheArchive() throws Exception {
        Path root = Files.createDirectories(folder.resolve("in/" + "d".repeat(90) + "/" + "e".repeat(60) + "/empty")).getParent();
        for (int size : new int[] {0, 1, 98, 511, 512, 513, 100_000}) {
            Files.write(root.resolve("f".repeat(1 + size % 99)), new byte[size]);
        }
        Path script = Files.writeString(folder.resolve("in/run"), "#!/bin/sh");
        assertTrue(script.toFile().setExecutable(true));
        Files.createSymbolicLink(folder.resolve("in/link"), Path.of("run"));
        TarGz.write(folder.resolve("in"), "out", folder.resolve("a.tar.gz"));
        assertEquals(0, new ProcessBuilder("tar", "-xzf", "a.tar.gz").directory(folder.toFile()).inheritIO().start().waitFor());
        assertEquals(0, new ProcessBuilder("diff", "-r", "--no-dereference", "in", "out").directory(folder.toFile()).inheritIO().start().waitFor());
        assertTrue(Files.isExecutable(folder.resolve("out/run")));
        assertFalse(Files.isExecutable(folder.resolve("out").resolve(folder.resolve("in").relativize(root)).resolve("f".repeat(2))));
        assertEquals(Path.of("run"), Files.readSymbolicLink(folder.resolve("out/link")));
        assertEquals(Files.getLastModifiedTime(script).toMillis() / 1000, Files.getLastModifiedTime(folder.resolve("out/run")).toMillis() / 1000);
    }

    @Test
    void namesThatNoArchiveHolds() throws Exception {
        Path long101 = Files.createFile(Files.createDirectory(folder.resolve("in")).resolve("f".repeat(101)));
        var failure = assertThrows(IOException.class, () -> TarGz.write(folder.resolve("in"), "out", folder.resolve("a.tar.gz")));
        assertEquals(long101 + ": its name is too long for an archive", failure.getMessage());
        assertFalse(Files.exists(folder.resolve("a.tar.gz")));
    }
}
