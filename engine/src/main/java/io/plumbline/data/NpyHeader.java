package io.plumbline.data;

import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// The head of a .npy file (NumPy enhancement proposal 1 and numpy.lib.format), versions 1.0, 2.0 and 3.0:
///
/// ```
/// 0  "\x93NUMPY"          6 bytes
/// 6  major, minor         1 byte each
/// 8  header length        2 bytes (version 1) or 4, little-endian
///    header               a Python dict of 'descr', 'fortran_order', 'shape'; spaces; '\n'. Latin-1, UTF-8 in version 3
///    entries              from a multiple of 64
/// ```
///
/// @param sizeBytes of the head: where the entries begin
record NpyHeader(NdArray.Layout layout, long sizeBytes) {
    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int LONGEST_HEADER = 1 << 16;
    private static final int MOST_AXES = 64;
    /// NumPy leaves room for the first extent to grow to this many digits in place.
    private static final int GROWTH_DIGITS = 21;

    /// Reads the head at the beginning of `view`, which need not hold more than that.
    static NpyHeader parse(ByteView view) throws MalformedFileException {
        int sizeBytes = sizeBytes(view);
        int start = textOffset(view);
        Charset charset = view.u8(6, "version") == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
        String text = view.text(start, sizeBytes - start, charset, "header");
        return new NpyHeader(new Parser(view.name(), text).layout(), sizeBytes);
    }

    /// How long the head is that begins at the beginning of `view`, which holds its first 12 bytes.
    static int sizeBytes(ByteView view) throws MalformedFileException {
        for (int i = 0; i < MAGIC.length; i++) {
            if (view.u8(i, "magic number") != (MAGIC[i] & 0xFF)) {
                throw new MalformedFileException(view.name() + ": does not begin with \\x93NUMPY: not a .npy array");
            }
        }
        int start = textOffset(view);
        long length = start == 10 ? view.u16(8, "header length") : view.u32(8, "header length");
        if (length < 2 || length > LONGEST_HEADER) {
            throw new MalformedFileException(view.name() + ": header length is " + length + ", expected 2 to " + LONGEST_HEADER);
        }
        return start + (int) length;
    }

    private static int textOffset(ByteView view) throws MalformedFileException {
        int major = view.u8(6, "version");
        int minor = view.u8(7, "version");
        if (major < 1 || major > 3 || minor != 0) {
            throw new MalformedFileException(view.name() + ": .npy version is " + major + "." + minor + ", expected 1.0, 2.0 or 3.0");
        }
        return major == 1 ? 10 : 12;
    }

    /// A head of version 1.0 for a row-major array in native byte order: byte for byte what NumPy writes.
    static byte[] format(ElementType type, long[] shape) {
        String order = type.sizeBytes() == 1 ? "|" : ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? "<" : ">";
        String kind = type == ElementType.BOOL ? "b1" : type.name().toLowerCase(Locale.ROOT);
        String dict = "{'descr': '" + order + kind + "', 'fortran_order': False, 'shape': " + tuple(shape) + ", }";
        int growth = shape.length == 0 ? 0 : Math.max(0, GROWTH_DIGITS - Long.toString(shape[0]).length());
        int unpadded = 10 + dict.length() + growth + 1;
        int padding = growth + 64 - unpadded % 64;
        byte[] header = (dict + " ".repeat(padding) + "\n").getBytes(StandardCharsets.ISO_8859_1);
        byte[] head = Arrays.copyOf(MAGIC, 10 + header.length);
        head[6] = 1;
        head[8] = (byte) header.length;
        head[9] = (byte) (header.length >>> 8);
        System.arraycopy(header, 0, head, 10, header.length);
        return head;
    }

    private static String tuple(long[] shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", ", "(", shape.length == 1 ? ",)" : ")"));
    }

    /// The part of Python's literals that a header is made of: one dict of strings, booleans and tuples of integers.
    private static final class Parser {
        private final String name;
        private final String text;
        private int at;
        private String descr;
        private Boolean fortranOrder;
        private long[] shape;

        Parser(String name, String text) {
            this.name = name;
            this.text = text;
        }

        NdArray.Layout layout() throws MalformedFileException {
            expect('{');
            while (!accept('}')) {
                entry();
                if (!accept(',')) {
                    expect('}');
                    break;
                }
            }
            skipSpace();
            if (at < text.length()) {
                throw wrong("the end");
            }
            if (descr == null || fortranOrder == null || shape == null) {
                String missing = descr == null ? "descr" : fortranOrder == null ? "fortran_order" : "shape";
                throw new MalformedFileException(name + ": header has no '" + missing + "'");
            }
            var layout = new NdArray.Layout(type(), order(), fortranOrder, shape);
            try {
                layout.size();
            } catch (ArithmeticException overflow) {
                throw new MalformedFileException(name + ": shape " + tuple(shape) + " has more entries than any file can hold", overflow);
            }
            return layout;
        }

        private void entry() throws MalformedFileException {
            String key = string();
            expect(':');
            switch (key) {
                case "descr" -> {
                    skipSpace();
                    if (at < text.length() && text.charAt(at) == '[') {
                        throw new MalformedFileException(name + ": has a structured dtype, expected " + supported());
                    }
                    descr = string();
                }
                case "fortran_order" -> fortranOrder = bool();
                case "shape" -> shape = integers();
                default -> throw new MalformedFileException(
                        name + ": header has the key '" + printable(key) + "', expected descr, fortran_order and shape");
            }
        }

        private ElementType type() throws MalformedFileException {
            String kind = descr.length() < 2 ? "" : descr.substring(1);
            boolean ordered = !descr.isEmpty() && "<>|=".indexOf(descr.charAt(0)) >= 0;
            for (ElementType type : ElementType.values()) {
                boolean matches = kind.equals(type == ElementType.BOOL ? "b1" : type.name().toLowerCase(Locale.ROOT));
                if (ordered && matches && (type.sizeBytes() == 1 || descr.charAt(0) != '|')) {
                    return type;
                }
            }
            String what = kind.startsWith("O") ? "Python objects (dtype '" + printable(descr) + "')" : "dtype '" + printable(descr) + "'";
            throw new MalformedFileException(name + ": has " + what + ", expected " + supported());
        }

        private ByteOrder order() {
            return switch (descr.charAt(0)) {
                case '<' -> ByteOrder.LITTLE_ENDIAN;
                case '>' -> ByteOrder.BIG_ENDIAN;
                default -> ByteOrder.nativeOrder();
            };
        }

        private static String supported() {
            return Arrays.stream(ElementType.values()).map(type -> type.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(", "));
        }

        private String string() throws MalformedFileException {
            skipSpace();
            char quote = at < text.length() ? text.charAt(at) : 0;
            int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
            if (end < 0) {
                throw wrong("a string");
            }
            String value = text.substring(at + 1, end);
            at = end + 1;
            return value;
        }

        private boolean bool() throws MalformedFileException {
            skipSpace();
            for (String value : List.of("True", "False")) {
                if (text.startsWith(value, at)) {
                    at += value.length();
                    return value.equals("True");
                }
            }
            throw wrong("True or False");
        }

        private long[] integers() throws MalformedFileException {
            expect('(');
            List<Long> values = new ArrayList<>();
            while (!accept(')')) {
                values.add(integer());
                if (values.size() > MOST_AXES) {
                    throw wrong("at most " + MOST_AXES + " axes");
                }
                if (!accept(',')) {
                    if (values.size() == 1) {
                        throw wrong("','");
                    }
                    expect(')');
                    break;
                }
            }
            return values.stream().mapToLong(Long::longValue).toArray();
        }

        private long integer() throws MalformedFileException {
            skipSpace();
            int start = at;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                at++;
            }
            try {
                long value = Long.parseLong(text, start, at, 10);
                if (at < text.length() && text.charAt(at) == 'L') {
                    at++;
                }
                return value;
            } catch (NumberFormatException malformed) {
                at = start;
                throw wrong("an extent from 0 to 2^63 - 1");
            }
        }

        private boolean accept(char wanted) {
            skipSpace();
            boolean found = at < text.length() && text.charAt(at) == wanted;
            at += found ? 1 : 0;
            return found;
        }

        private void expect(char wanted) throws MalformedFileException {
            if (!accept(wanted)) {
                throw wrong("'" + wanted + "'");
            }
        }

        private void skipSpace() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private MalformedFileException wrong(String expected) {
            String found = at >= text.length() ? "the end" : "'" + printable(text.substring(at, Math.min(text.length(), at + 20))) + "'";
            return new MalformedFileException(name + ": header, character " + at + ": expected " + expected + ", found " + found);
        }

        private static String printable(String text) {
            String shown = text.length() > 40 ? text.substring(0, 40) + "…" : text;
            return shown.replaceAll("\\p{Cntrl}", "?");
        }
    }
}
