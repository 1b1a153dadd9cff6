package io.plumbline.backend.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// Makes a shared library (ELF, 64 bits, little-endian) want another one of a name as long, and symbols of that one's version:
///
/// ```
/// .dynstr          "libcublas.so.12" 0     DT_NEEDED, vn_file and vna_name all point at this string: overwritten
/// .gnu.version_r   vna_hash vna_flags …    the hash of that string, by which the loader finds the version: set anew
/// ```
///
/// Structures and hash: System V ABI, "Dynamic Linking"; Linux Standard Base, "Symbol Versioning".
final class ElfRetarget {
    private static final int MAGIC = 0x464C457F;
    private static final int CLASS = 4;
    private static final int DATA = 5;
    private static final int PROGRAM_HEADERS = 32;
    private static final int PROGRAM_HEADER_BYTES = 54;
    private static final int PROGRAM_HEADER_COUNT = 56;
    private static final int PT_LOAD = 1;
    private static final int PT_DYNAMIC = 2;
    private static final long DT_STRTAB = 5;
    private static final long DT_STRSZ = 10;
    private static final long DT_VERNEED = 0x6ffffffeL;
    private static final long DT_VERNEEDNUM = 0x6fffffffL;

    private final byte[] image;
    private final ByteBuffer words;

    private ElfRetarget(byte[] image) {
        this.image = image;
        words = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }

    /// Changes `image`.
    ///
    /// @throws IllegalArgumentException if it is no such file, or does not want `from` at all
    static void retarget(byte[] image, String from, String to) {
        if (from.length() != to.length()) {
            throw new IllegalArgumentException(from + " and " + to + " differ in length");
        }
        try {
            new ElfRetarget(image).retarget(from, to);
        } catch (IndexOutOfBoundsException outside) {
            throw new IllegalArgumentException("the file is cut off or no ELF file", outside);
        }
    }

    private void retarget(String from, String to) {
        if (words.getInt(0) != MAGIC || image[CLASS] != 2 || image[DATA] != 1) {
            throw new IllegalArgumentException("expected an ELF file of 64 bits, little-endian");
        }
        int strings = at(dynamic(DT_STRTAB));
        if (!rename(strings, Math.toIntExact(dynamic(DT_STRSZ)), from, to)) {
            throw new IllegalArgumentException("it does not want " + from);
        }
        int need = at(dynamic(DT_VERNEED));
        boolean found = false;
        for (long left = dynamic(DT_VERNEEDNUM); left > 0; left--) {
            found |= rehash(need, from, to);
            need += words.getInt(need + 12);
        }
        if (!found) {
            throw new IllegalArgumentException("it wants no version " + from);
        }
    }

    /// Every whole string equal to `from`.
    private boolean rename(int start, int bytes, String from, String to) {
        byte[] old = (from + '\0').getBytes(StandardCharsets.US_ASCII);
        byte[] other = (to + '\0').getBytes(StandardCharsets.US_ASCII);
        boolean found = false;
        for (int at = start; at <= start + bytes - old.length; at++) {
            boolean begins = at == start || image[at - 1] == 0;
            if (begins && Arrays.equals(image, at, at + old.length, old, 0, old.length)) {
                System.arraycopy(other, 0, image, at, other.length);
                found = true;
            }
        }
        return found;
    }

    /// Verneed: version, count (2 bytes each), file, offset of the first Vernaux, of the next Verneed (4 each).
    /// Vernaux: hash (4), flags, index (2 each), name, offset of the next (4 each).
    private boolean rehash(int need, String from, String to) {
        int entry = need + words.getInt(need + 8);
        boolean found = false;
        for (int left = Short.toUnsignedInt(words.getShort(need + 2)); left > 0; left--) {
            if (words.getInt(entry) == hash(from)) {
                words.putInt(entry, hash(to));
                found = true;
            }
            entry += words.getInt(entry + 12);
        }
        return found;
    }

    static int hash(String name) {
        int h = 0;
        for (int i = 0; i < name.length(); i++) {
            h = (h << 4) + name.charAt(i);
            int high = h & 0xf0000000;
            h = (h ^ high >>> 24) & ~high;
        }
        return h;
    }

    /// The value of an entry of the dynamic section.
    private long dynamic(long tag) {
        for (int header = 0; header < headers(); header++) {
            int at = header(header);
            if (words.getInt(at) == PT_DYNAMIC) {
                for (int entry = Math.toIntExact(words.getLong(at + 8)); words.getLong(entry) != 0; entry += 16) {
                    if (words.getLong(entry) == tag) {
                        return words.getLong(entry + 8);
                    }
                }
            }
        }
        throw new IllegalArgumentException("its dynamic section has no entry " + Long.toHexString(tag));
    }

    /// Where in the file an address is.
    private int at(long address) {
        for (int header = 0; header < headers(); header++) {
            int at = header(header);
            long from = words.getLong(at + 16);
            if (words.getInt(at) == PT_LOAD && address >= from && address < from + words.getLong(at + 32)) {
                return Math.toIntExact(address - from + words.getLong(at + 8));
            }
        }
        throw new IllegalArgumentException("address " + Long.toHexString(address) + " is not in the file");
    }

    private int headers() {
        return Short.toUnsignedInt(words.getShort(PROGRAM_HEADER_COUNT));
    }

    private int header(int index) {
        return Math.toIntExact(words.getLong(PROGRAM_HEADERS)) + index * Short.toUnsignedInt(words.getShort(PROGRAM_HEADER_BYTES));
    }
}
