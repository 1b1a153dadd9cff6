package io.plumbline.validate.bundle;

import io.plumbline.data.AtomicFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;

/// Archives as `tar -xz` reads them: POSIX.1-1988 "ustar", gzipped. A header is one block, its numbers are octal digits, and a file's blocks follow:
///
/// ```
///   0 name (100)   100 mode (8)    108 user (8)     116 group (8)       124 size (12)    136 seconds (12)
/// 148 sum (8)      156 type (1)    157 link (100)   257 "ustar" 0 "00"  265 …            345 prefix of the name (155)
/// ```
final class TarGz {
    private static final int BLOCK_BYTES = 512;
    private static final int NAME_BYTES = 100;
    private static final int PREFIX_BYTES = 155;
    private static final int BUFFER_BYTES = 1 << 16;
    private static final byte[] MAGIC = "ustar\00000".getBytes(StandardCharsets.US_ASCII);
    private static final long MILLIS = 1000;

    private final OutputStream out;

    private TarGz(OutputStream out) {
        this.out = out;
    }

    /// Writes all of `folder`, to be unpacked as `root`.
    ///
    /// @throws IOException also if a name is too long for this form
    static void write(Path folder, String root, Path file) throws IOException {
        try (var target = new AtomicFile(file); var files = Files.walk(folder)) {
            var gzip = new GZIPOutputStream(target.stream(), BUFFER_BYTES);
            var tar = new TarGz(gzip);
            for (Path entry : files.sorted().toList()) {
                tar.add(entry, entry.equals(folder) ? root : root + "/" + folder.relativize(entry));
            }
            gzip.write(new byte[2 * BLOCK_BYTES]);
            gzip.finish();
            target.commit();
        }
    }

    private void add(Path file, String name) throws IOException {
        if (Files.isSymbolicLink(file)) {
            header(file, name, '2', 0, Files.readSymbolicLink(file).toString());
        } else if (Files.isDirectory(file)) {
            header(file, name + "/", '5', 0, "");
        } else {
            long size = Files.size(file);
            header(file, name, '0', size, "");
            Files.copy(file, out);
            out.write(new byte[(int) (-size & BLOCK_BYTES - 1)]);
        }
    }

    private void header(Path file, String name, char type, long size, String link) throws IOException {
        byte[] block = new byte[BLOCK_BYTES];
        int cut = name.length() <= NAME_BYTES ? -1 : name.indexOf('/', name.length() - NAME_BYTES - 1);
        text(block, 0, NAME_BYTES, name.substring(cut + 1), file);
        text(block, 345, PREFIX_BYTES, cut < 0 ? "" : name.substring(0, cut), file);
        boolean executable = type != '0' || Files.isExecutable(file);
        octal(block, 100, 8, executable ? 0755 : 0644);
        octal(block, 108, 8, 0);
        octal(block, 116, 8, 0);
        octal(block, 124, 12, size);
        octal(block, 136, 12, Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toMillis() / MILLIS);
        block[156] = (byte) type;
        text(block, 157, NAME_BYTES, link, file);
        System.arraycopy(MAGIC, 0, block, 257, MAGIC.length);
        // The sum counts its own field as blanks.
        Arrays.fill(block, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte one : block) {
            sum += Byte.toUnsignedInt(one);
        }
        octal(block, 148, 7, sum);
        out.write(block);
    }

    private static void text(byte[] block, int at, int most, String text, Path file) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > most) {
            throw new IOException(file + ": its name is too long for an archive");
        }
        System.arraycopy(bytes, 0, block, at, bytes.length);
    }

    private static void octal(byte[] block, int at, int width, long value) {
        String digits = Long.toOctalString(value);
        byte[] bytes = ("0".repeat(width - 1 - digits.length()) + digits + '\0').getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, block, at, width);
    }
}
