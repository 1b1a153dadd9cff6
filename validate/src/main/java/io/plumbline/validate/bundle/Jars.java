package io.plumbline.validate.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Copies of jars without native libraries that nothing calls: OpenBLAS's own Java bindings and JCuda's PTX compiler are two thirds of what their jars hold.
final class Jars {
    private static final Pattern UNUSED = Pattern.compile(".*/lib(jniopenblas|JNvPTXCompiler|JNvrtc|JCudaRuntime|JCublas-)[^/]*\\.so");

    private Jars() {}

    static void copy(Path from, Path to) throws IOException {
        try (var jar = new ZipFile(from.toFile()); var copy = new ZipOutputStream(Files.newOutputStream(to))) {
            for (ZipEntry entry : Collections.list(jar.entries())) {
                if (!UNUSED.matcher(entry.getName()).matches()) {
                    var written = new ZipEntry(entry.getName());
                    written.setTime(entry.getTime());
                    copy.putNextEntry(written);
                    try (var content = jar.getInputStream(entry)) {
                        content.transferTo(copy);
                    }
                    copy.closeEntry();
                }
            }
        }
    }
}
