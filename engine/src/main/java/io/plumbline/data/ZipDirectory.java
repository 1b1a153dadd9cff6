package io.plumbline.data;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/// The members of a ZIP archive (PKWARE APPNOTE 6.3), found from its end, 64-bit extensions included:
///
/// ```
/// local header 1 | data 1 | local header 2 | data 2 | … | central directory | [zip64 end record | zip64 locator] | end record
/// ```
///
/// Read here and not by `java.util.zip`, because the place of a stored member's data is what lets it be mapped.
final class ZipDirectory {
    static final int LOCAL_SIGNATURE = 0x04034B50;
    static final int CENTRAL_SIGNATURE = 0x02014B50;
    static final int END_SIGNATURE = 0x06054B50;
    static final int END64_SIGNATURE = 0x06064B50;
    static final int LOCATOR64_SIGNATURE = 0x07064B50;
    static final int LOCAL_BYTES = 30;
    static final int CENTRAL_BYTES = 46;
    static final int END_BYTES = 22;
    static final int END64_BYTES = 56;
    static final int LOCATOR64_BYTES = 20;
    static final int ZIP64_EXTRA = 1;
    static final int STORED = 0;
    static final int DEFLATED = 8;
    static final long MAX_32 = 0xFFFFFFFFL;
    static final int MAX_16 = 0xFFFF;
    private static final int FLAG_ENCRYPTED = 1;

    private final ByteView view;
    private final Map<String, Member> members = new LinkedHashMap<>();

    /// @param offset of the member's data in the file
    /// @param packedBytes in the file
    /// @param sizeBytes unpacked
    record Member(String name, int method, long crc, long offset, long packedBytes, long sizeBytes) {}

    private record End(long entries, long directoryOffset, long directoryBytes) {}

    ZipDirectory(ByteView view) throws MalformedFileException {
        this.view = view;
        long endOffset = findEnd();
        End end = end(endOffset);
        view.require(end.directoryOffset(), end.directoryBytes(), "central directory");
        if (end.directoryOffset() + end.directoryBytes() > endOffset) {
            throw new MalformedFileException(view.name() + ": central directory reaches to offset "
                    + (end.directoryOffset() + end.directoryBytes()) + ", beyond the end record at " + endOffset);
        }
        long at = end.directoryOffset();
        for (long entry = 0; entry < end.entries(); entry++) {
            at = readEntry(at, end);
        }
        if (at != end.directoryOffset() + end.directoryBytes()) {
            throw new MalformedFileException(view.name() + ": central directory of " + end.entries() + " members ends at offset " + at + ", expected "
                    + (end.directoryOffset() + end.directoryBytes()));
        }
    }

    /// The members by name, in the directory's order.
    Map<String, Member> members() {
        return members;
    }

    private long findEnd() throws MalformedFileException {
        if (view.size() < END_BYTES) {
            throw new MalformedFileException(view.name() + ": has " + view.size() + " bytes, too few for a ZIP archive");
        }
        long lowest = Math.max(0, view.size() - END_BYTES - MAX_16);
        for (long at = view.size() - END_BYTES; at >= lowest; at--) {
            if (view.u32(at, "end record") == END_SIGNATURE && at + END_BYTES + view.u16(at + 20, "end record") == view.size()) {
                return at;
            }
        }
        throw new MalformedFileException(view.name() + ": no ZIP end record: truncated, or not an .npz archive");
    }

    private End end(long at) throws MalformedFileException {
        long entries = view.u16(at + 10, "member count");
        long directoryBytes = view.u32(at + 12, "central directory size");
        long directoryOffset = view.u32(at + 16, "central directory offset");
        if (entries != MAX_16 && directoryBytes != MAX_32 && directoryOffset != MAX_32) {
            return new End(entries, directoryOffset, directoryBytes);
        }
        long locator = at - LOCATOR64_BYTES;
        if (locator < 0 || view.u32(locator, "zip64 locator") != LOCATOR64_SIGNATURE) {
            return new End(entries, directoryOffset, directoryBytes);
        }
        long end64 = view.u64(locator + 8, "zip64 end record offset");
        view.require(end64, END64_BYTES, "zip64 end record");
        requireSignature(end64, END64_SIGNATURE, "zip64 end record");
        return new End(
                view.u64(end64 + 32, "member count"),
                view.u64(end64 + 48, "central directory offset"),
                view.u64(end64 + 40, "central directory size"));
    }

    /// Reads the central header at `at` and the local one that it points to; returns where the next begins.
    private long readEntry(long at, End end) throws MalformedFileException {
        view.require(at, CENTRAL_BYTES, "central directory entry");
        requireSignature(at, CENTRAL_SIGNATURE, "central directory entry");
        int flags = view.u16(at + 8, "flags");
        int method = view.u16(at + 10, "method");
        long crc = view.u32(at + 16, "checksum");
        long packed = view.u32(at + 20, "packed size");
        long size = view.u32(at + 24, "size");
        int nameBytes = view.u16(at + 28, "name length");
        int extraBytes = view.u16(at + 30, "extra length");
        long local = view.u32(at + 42, "local header offset");
        String name = view.text(at + CENTRAL_BYTES, nameBytes, StandardCharsets.UTF_8, "member name");
        String label = view.name() + ": member " + shown(name);

        long extra = findZip64(at + CENTRAL_BYTES + nameBytes, extraBytes);
        if (extra >= 0) {
            if (size == MAX_32) {
                size = view.u64(extra, "zip64 size");
                extra += 8;
            }
            if (packed == MAX_32) {
                packed = view.u64(extra, "zip64 packed size");
                extra += 8;
            }
            if (local == MAX_32) {
                local = view.u64(extra, "zip64 local header offset");
            }
        }
        if ((flags & FLAG_ENCRYPTED) != 0) {
            throw new MalformedFileException(label + " is encrypted");
        }
        if (method != STORED && method != DEFLATED) {
            throw new MalformedFileException(label + " has compression method " + method + ", expected 0 (stored) or 8 (deflated)");
        }
        if (method == STORED && packed != size) {
            throw new MalformedFileException(label + " is stored, its size is " + size + " and its packed size " + packed + ", expected the same");
        }
        view.require(local, LOCAL_BYTES, "local header of " + shown(name));
        requireSignature(local, LOCAL_SIGNATURE, "local header of " + shown(name));
        int localNameBytes = view.u16(local + 26, "name length");
        long data = local + LOCAL_BYTES + localNameBytes + view.u16(local + 28, "extra length");
        if (!view.text(local + LOCAL_BYTES, localNameBytes, StandardCharsets.UTF_8, "member name").equals(name)) {
            throw new MalformedFileException(label + " has another name in its local header at offset " + local);
        }
        view.require(data, packed, "member " + shown(name));
        if (data + packed > end.directoryOffset()) {
            throw new MalformedFileException(label + " reaches to offset " + (data + packed) + ", into the central directory");
        }
        if (members.put(name, new Member(name, method, crc, data, packed, size)) != null) {
            throw new MalformedFileException(label + " is there twice");
        }
        return at + CENTRAL_BYTES + nameBytes + extraBytes + view.u16(at + 32, "comment length");
    }

    /// Where the zip64 fields begin among the extra fields, or −1.
    private long findZip64(long from, int length) throws MalformedFileException {
        long at = from;
        while (at + 4 <= from + length) {
            int id = view.u16(at, "extra field");
            int size = view.u16(at + 2, "extra field");
            if (id == ZIP64_EXTRA) {
                return at + 4;
            }
            at += 4 + size;
        }
        return -1;
    }

    private void requireSignature(long at, int signature, String what) throws MalformedFileException {
        long found = view.u32(at, what);
        if (found != signature) {
            throw new MalformedFileException(
                    String.format("%s: offset %d: expected a %s (%08x), found %08x", view.name(), at, what, signature, found));
        }
    }

    static String shown(String name) {
        String shown = name.length() > 40 ? name.substring(0, 40) + "…" : name;
        return shown.replaceAll("\\p{Cntrl}", "?");
    }
}
