package io.plumbline.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.zip.CRC32;

/// Shared libraries that travel in a jar, as files that the system's loader can open: all of one group in one folder, where they find each other.
///
/// Unpacked once, into `$XDG_CACHE_HOME/plumbline/` or `~/.cache/plumbline/` (readable by the user alone). A file counts as unpacked only if length and
/// CRC-32 are those in the jar; it is written under a temporary name and moved into place, so several processes may start at once.
/// Where there is no such folder, into a temporary one.
final class BundledLibraries {
    private static final String CACHE_PERMISSIONS = "rwx------";

    private BundledLibraries() {}

    /// The folder that holds `names`, taken from the class path below `resources` (ends in a slash).
    ///
    /// @param cacheName what the cache folder is called, before the first library's checksum
    /// @throws IOException if a resource is missing or can be written nowhere
    static Path unpack(ClassLoader loader, String resources, List<String> names, String cacheName) throws IOException {
        return unpack(loader, resources, names, cache(), cacheName);
    }

    /// @param cache the folder of caches, or null
    static Path unpack(ClassLoader loader, String resources, List<String> names, Path cache, String cacheName) throws IOException {
        URL first = resource(loader, resources + names.getFirst());
        if (first.getProtocol().equals("file")) {
            try {
                return Path.of(first.toURI()).getParent();
            } catch (URISyntaxException e) {
                throw new IOException(first.toString(), e);
            }
        }
        IOException failure;
        try {
            if (cache == null) {
                throw new IOException("no cache folder: neither XDG_CACHE_HOME nor the home folder is set");
            }
            Path folder = cache.resolve(cacheName + checksum(first));
            createPrivately(folder);
            for (String name : names) {
                unpack(resource(loader, resources + name), folder.resolve(name));
            }
            return folder;
        } catch (IOException e) {
            failure = e;
        }
        try {
            Path folder = Files.createTempDirectory("plumbline-");
            folder.toFile().deleteOnExit();
            for (String name : names) {
                Path file = folder.resolve(name);
                file.toFile().deleteOnExit();
                unpack(resource(loader, resources + name), file);
            }
            return folder;
        } catch (IOException e) {
            e.addSuppressed(failure);
            throw e;
        }
    }

    /// Tells versions apart: `-` and the CRC-32 that the jar states, or nothing.
    private static String checksum(URL source) throws IOException {
        return source.openConnection() instanceof JarURLConnection jar ? "-" + Long.toHexString(jar.getJarEntry().getCrc()) : "";
    }

    private static URL resource(ClassLoader loader, String name) throws IOException {
        URL url = loader.getResource(name);
        if (url == null) {
            throw new IOException(name + " is not on the class path");
        }
        return url;
    }

    private static Path cache() {
        String configured = System.getenv("XDG_CACHE_HOME");
        Path base = configured != null && Path.of(configured).isAbsolute()
                ? Path.of(configured)
                : Path.of(System.getProperty("user.home", "")).resolve(".cache");
        return base.isAbsolute() ? base.resolve("plumbline") : null;
    }

    private static void createPrivately(Path folder) throws IOException {
        Files.createDirectories(folder.getParent().getParent());
        for (Path path : List.of(folder.getParent(), folder)) {
            if (!Files.isDirectory(path)) {
                try {
                    Files.createDirectory(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(CACHE_PERMISSIONS)));
                } catch (FileAlreadyExistsException raced) {
                    if (!Files.isDirectory(path)) {
                        throw raced;
                    }
                }
            }
        }
    }

    private static void unpack(URL source, Path target) throws IOException {
        URLConnection connection = source.openConnection();
        if (connection instanceof JarURLConnection jar && isIntact(target, jar)) {
            return;
        }
        Path partial = Files.createTempFile(target.getParent(), target.getFileName().toString(), ".partial");
        try {
            try (InputStream content = connection.getInputStream()) {
                Files.copy(content, partial, StandardCopyOption.REPLACE_EXISTING);
            }
            if (connection instanceof JarURLConnection jar && !isIntact(partial, jar)) {
                throw new IOException(target + ": written, but what is there now differs from " + source);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static boolean isIntact(Path file, JarURLConnection jar) throws IOException {
        var entry = jar.getJarEntry();
        if (!Files.isRegularFile(file) || Files.size(file) != entry.getSize()) {
            return false;
        }
        var sum = new CRC32();
        try (FileChannel channel = FileChannel.open(file)) {
            sum.update(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
        }
        return sum.getValue() == entry.getCrc();
    }

    /// The name by which such jars call this machine: `linux-x86_64`.
    static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return (system.startsWith("linux") ? "linux" : system.replace(' ', '_')) + "-" + (processor.equals("amd64") ? "x86_64" : processor);
    }
}
