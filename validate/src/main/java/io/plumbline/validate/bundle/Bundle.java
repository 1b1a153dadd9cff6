package io.plumbline.validate.bundle;

import io.plumbline.backend.cuda.CudaBackend;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/// A folder, or an archive of one, that runs plumbline on Linux where there is neither a JDK nor Maven:
///
/// ```
/// plumbline     the launcher, the clone's own
/// runtime/      a Java runtime of those modules that are used, with the JVM's flags built in
/// jars/         plumbline-validate.jar, perhaps plumbline-bench.jar, and lib/, without native code that nothing calls
/// LICENSE
/// ```
///
/// It gets its name when it is whole.
///
/// @param kernels       whether there are kernels for GPUs in it
/// @param bytes         of the archive, or of all files
/// @param unpackedBytes of all files
public record Bundle(boolean kernels, long bytes, long unpackedBytes) {
    /// What plumbline, its libraries and JMH use of the JDK.
    private static final List<String> MODULES = List.of(
            "java.base", "java.logging", "java.management", "java.xml", "jdk.incubator.vector", "jdk.management", "jdk.unsupported");
    private static final String ARCHIVE = ".tar.gz";

    /// Packs what `from` has.
    ///
    /// @param bench whether the benchmarks come along
    /// @param out   a folder, or a file if its name ends in `.tar.gz`
    /// @throws IOException if something cannot be read or written
    /// @throws IllegalArgumentException if `out` is there already or has a name that says something else, or the JDK has no jlink
    public static Bundle write(Installation from, boolean bench, Path out) throws IOException {
        String name = out.toAbsolutePath().normalize().getFileName().toString();
        boolean archive = name.endsWith(ARCHIVE);
        requireNew(out, name, archive);
        ToolProvider jlink = jlink();
        try (var folder = new NewFolder(out)) {
            Path path = folder.path();
            copy(from.launcher(), path.resolve("plumbline"));
            copy(from.licence(), path.resolve("LICENSE"));
            Path jars = Files.createDirectories(path.resolve("jars", "lib")).getParent();
            copyProgram(from.jar(), jars);
            if (bench) {
                copyProgram(from.benchJar(), jars);
            }
            link(jlink, from.flags(), path.resolve("runtime"));
            long unpackedBytes = bytes(path);
            long bytes = unpackedBytes;
            if (archive) {
                TarGz.write(path, name.substring(0, name.length() - ARCHIVE.length()), out);
                bytes = Files.size(out);
            } else {
                folder.commit();
            }
            return new Bundle(CudaBackend.hasKernels(), bytes, unpackedBytes);
        }
    }

    private static void requireNew(Path out, String name, boolean archive) throws IOException {
        if (Files.exists(out, LinkOption.NOFOLLOW_LINKS)) {
            throw new IllegalArgumentException(out + ": is there already, expected a new " + (archive ? "file" : "folder"));
        }
        if (!archive && name.matches(".*\\.(tar|tar\\..*|tgz|txz|zip)")) {
            throw new IllegalArgumentException(out + ": expected a folder, or a file whose name ends in " + ARCHIVE);
        }
        Path parent = out.toAbsolutePath().normalize().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new IOException(out + ": cannot be written: " + parent + " is not a directory");
        }
    }

    private static ToolProvider jlink() {
        return ToolProvider.findFirst("jlink").orElseThrow(() -> new IllegalArgumentException(
                "there is no jlink in " + System.getProperty("java.home") + ", Java " + Runtime.version() + ": expected a whole JDK"));
    }

    private static void link(ToolProvider jlink, String flags, Path runtime) throws IOException {
        var said = new StringWriter();
        var sink = new PrintWriter(said);
        int status = jlink.run(sink, sink, "--add-modules", String.join(",", MODULES), "--compress=zip-0", "--strip-debug", "--no-header-files",
                "--no-man-pages", "--add-options=" + flags, "--output", runtime.toString());
        if (status != 0) {
            sink.flush();
            throw new IOException("jlink of " + System.getProperty("java.home") + ": " + said.toString().strip());
        }
    }

    /// A jar and the libraries that its manifest names.
    private static void copyProgram(Path jar, Path folder) throws IOException {
        var names = new ArrayList<String>(List.of(Installation.attribute(jar, "Class-Path").split(" ")));
        names.add(jar.getFileName().toString());
        for (String name : names) {
            if (!Files.exists(folder.resolve(name))) {
                Jars.copy(jar.resolveSibling(name), folder.resolve(name));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES);
    }

    private static long bytes(Path folder) throws IOException {
        try (var files = Files.walk(folder)) {
            return files.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).mapToLong(file -> file.toFile().length()).sum();
        }
    }
}
