package io.plumbline.validate.bundle;

import io.plumbline.validate.Main;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;

/// plumbline as the launcher built it.
///
/// @param home the clone
/// @param jar  the program; its manifest names the libraries beside it, and the flags of the JVM
public record Installation(Path home, Path jar) {
    private static final String HOME = "plumbline.home";
    private static final String FLAGS = "JVM-Flags";

    /// The one that runs.
    ///
    /// @throws IllegalArgumentException if it was not started from a clone by its launcher
    public static Installation current() {
        String home = System.getProperty(HOME);
        Path jar = codeOf(Main.class);
        if (home == null || !Files.isRegularFile(jar)) {
            throw new IllegalArgumentException("only a clone's launcher, ./plumbline, can pack a bundle: this runs from " + jar);
        }
        return new Installation(Path.of(home), jar);
    }

    private static Path codeOf(Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(type.getName(), impossible);
        }
    }

    Path launcher() {
        return home.resolve("plumbline");
    }

    Path licence() {
        return home.resolve("LICENSE");
    }

    /// The benchmarks, where the launcher builds them.
    Path benchJar() {
        return home.resolve("bench", "target", "run", "plumbline-bench.jar");
    }

    /// What the JVM must be started with.
    String flags() throws IOException {
        return attribute(jar, FLAGS);
    }

    /// An entry of a jar's manifest.
    ///
    /// @throws IOException if there is none
    static String attribute(Path jar, String name) throws IOException {
        try (var file = new JarFile(jar.toFile())) {
            var manifest = file.getManifest();
            String value = manifest == null ? null : manifest.getMainAttributes().getValue(new Attributes.Name(name));
            if (value == null) {
                throw new IOException(jar + ": its manifest has no " + name);
            }
            return value;
        }
    }
}
