package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundledLibrariesTest {
    private static final String FOLDER = "some/where/";
    private static final List<String> NAMES = List.of("libfirst.so.0", "libsecond.so.1");

    @TempDir
    private Path temporary;

    private static byte[] content(int library) {
        byte[] bytes = new byte[100_000];
        new Random(library).nextBytes(bytes);
        return bytes;
    }

    private URLClassLoader jar(int... libraries) throws IOException {
        Path file = temporary.resolve("libraries.jar");
        try (OutputStream out = Files.newOutputStream(file); var jar = new JarOutputStream(out)) {
            for (int library : libraries) {
                jar.putNextEntry(new JarEntry(FOLDER + NAMES.get(library)));
                jar.write(content(library));
                jar.closeEntry();
            }
        }
        return new URLClassLoader(new URL[] {file.toUri().toURL()}, null);
    }

    private Path unpack(ClassLoader loader) throws IOException {
        return BundledLibraries.unpack(loader, FOLDER, NAMES, temporary.resolve("cache"), "test");
    }

    private static void requireIntact(Path folder) throws IOException {
        for (int library = 0; library < NAMES.size(); library++) {
            assertArrayEquals(content(library), Files.readAllBytes(folder.resolve(NAMES.get(library))));
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(NAMES.size(), files.count(), "nothing else is left there");
        }
    }

    @Test
    void unpacksOnceAndForTheUserAlone() throws IOException {
        try (URLClassLoader loader = jar(0, 1)) {
            Path folder = unpack(loader);
            assertTrue(folder.startsWith(temporary.resolve("cache")), folder.toString());
            requireIntact(folder);
            assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
            FileTime past = FileTime.fromMillis(1_000_000);
            Files.setLastModifiedTime(folder.resolve(NAMES.getFirst()), past);
            assertEquals(folder, unpack(loader));
            assertEquals(past, Files.getLastModifiedTime(folder.resolve(NAMES.getFirst())), "what is intact is not written again");
        }
    }

    @Test
    void repairsWhatIsNotIntact() throws IOException {
        try (URLClassLoader loader = jar(0, 1)) {
            Path folder = unpack(loader);
            Path first = folder.resolve(NAMES.getFirst());
            // Half written, empty, and one bit changed.
            for (byte[] damaged : new byte[][] {Arrays.copyOf(content(0), 50_000), {}, content(0)}) {
                if (damaged.length == content(0).length) {
                    damaged[77] ^= 1;
                }
                Files.write(first, damaged);
                assertEquals(folder, unpack(loader));
                requireIntact(folder);
            }
            Files.delete(first);
            unpack(loader);
            requireIntact(folder);
        }
    }

    @Test
    void manyMayStartAtOnce() throws Exception {
        try (URLClassLoader loader = jar(0, 1); ExecutorService starts = Executors.newFixedThreadPool(8)) {
            for (int round = 0; round < 10; round++) {
                List<Callable<Path>> calls = new ArrayList<>();
                for (int i = 0; i < 8; i++) {
                    calls.add(() -> {
                        Path folder = unpack(loader);
                        for (int library = 0; library < NAMES.size(); library++) {
                            assertArrayEquals(content(library), Files.readAllBytes(folder.resolve(NAMES.get(library))));
                        }
                        return folder;
                    });
                }
                Path folder = null;
                for (Future<Path> call : starts.invokeAll(calls)) {
                    folder = call.get();
                }
                requireIntact(folder);
                for (String name : NAMES) {
                    Files.delete(folder.resolve(name));
                }
            }
        }
    }

    @Test
    void fallsBackToATemporaryFolder() throws IOException {
        try (URLClassLoader loader = jar(0, 1)) {
            Path file = Files.writeString(temporary.resolve("cache"), "a file where the cache folder should be", StandardCharsets.UTF_8);
            Path folder = unpack(loader);
            assertTrue(!folder.startsWith(file), folder.toString());
            requireIntact(folder);
        }
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        try (URLClassLoader loader = jar(0)) {
            var failure = assertThrows(IOException.class, () -> unpack(loader));
            assertTrue(failure.getMessage().contains(FOLDER + NAMES.get(1)), failure.getMessage());
        }
    }

    @Test
    void filesOnTheClassPathAreUsedWhereTheyAre() throws IOException {
        Path folder = Files.createDirectories(temporary.resolve(FOLDER));
        for (int library = 0; library < NAMES.size(); library++) {
            Files.write(folder.resolve(NAMES.get(library)), content(library));
        }
        try (var loader = new URLClassLoader(new URL[] {temporary.toUri().toURL()}, null)) {
            assertEquals(folder, unpack(loader));
        }
    }
}
