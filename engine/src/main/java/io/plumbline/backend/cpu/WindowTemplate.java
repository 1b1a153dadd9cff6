package io.plumbline.backend.cpu;

import io.plumbline.backend.Window;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// [WindowKernel], loaded once for each precision by [Specialised]. `Number` stands for float or double.
///
/// Where stride is 1 and the result as wide as the image, the entries that one tap sees of several rows lie one after the other, but for those
/// that wrap around the image's edges: they are moved in one go, and the edges set to 0.
final class WindowTemplate implements WindowKernel {
    private static final boolean DOUBLE = Specialised.data(MethodHandles.lookup(), Case.class).precision() == Precision.F64;
    private static final VectorSpecies<Number> SPECIES = Lanes.species(DOUBLE);
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final int STEP = SPECIES.vectorByteSize();
    private static final int SIZE = SPECIES.elementSize() / Byte.SIZE;
    private static final Vector<Number> ZERO = Lanes.splat(DOUBLE, 0);

    WindowTemplate() {}

    @Override
    public void unfold(Window w, int from, int to, int channels, long x, long matrix, long stride) {
        boolean flat = isFlat(w);
        long target = matrix;
        for (int l = 0; l < w.columns().size(); l++) {
            Reach reach = Reach.of(w.columns(), w.width(), l);
            for (int k = 0; k < w.rows().size(); k++) {
                int shift = k * w.rows().dilation() - w.rows().padBefore();
                for (int c = 0; c < channels; c++) {
                    long plane = x + (long) c * w.height() * w.width() * SIZE;
                    target = matrix + ((long) c * w.taps() + (long) k * w.columns().size() + l) * stride;
                    if (flat) {
                        unfoldFlat(w, from, to, shift, reach, plane, target);
                    } else {
                        unfoldLines(w, from, to, shift, reach, plane, target);
                    }
                }
            }
        }
    }

    private static boolean isFlat(Window w) {
        return w.rows().stride() == 1 && w.columns().stride() == 1 && w.columns().positions() == w.width();
    }

    private static void unfoldFlat(Window w, int from, int to, int shift, Reach reach, long plane, long target) {
        int width = w.width();
        int first = Math.clamp(-shift, from, to);
        int end = Math.clamp(w.height() - shift, first, to);
        int begin = reach.begin();
        if (begin == reach.end() || first == end) {
            zero(target, (to - from) * width);
            return;
        }
        zero(target, (first - from) * width);
        long into = target + (long) (first - from) * width * SIZE;
        long source = plane + ((long) (first + shift) * width + reach.shift()) * SIZE;
        copy(source + (long) begin * SIZE, into + (long) begin * SIZE, (end - first) * width - begin - (width - reach.end()));
        clearEdges(end - first, width, reach, into);
        zero(target + (long) (end - from) * width * SIZE, (to - end) * width);
    }

    private static void clearEdges(int lines, int width, Reach reach, long at) {
        for (int b = 0; b < reach.begin(); b++) {
            clearColumn(lines, width, at + (long) b * SIZE);
        }
        for (int b = reach.end(); b < width; b++) {
            clearColumn(lines, width, at + (long) b * SIZE);
        }
    }

    private static void clearColumn(int lines, int width, long at) {
        for (int line = 0; line < lines; line++) {
            set(at + (long) line * width * SIZE, 0);
        }
    }

    private static void unfoldLines(Window w, int from, int to, int shift, Reach reach, long plane, long target) {
        int positions = w.columns().positions();
        int stride = w.columns().stride();
        for (int a = from; a < to; a++) {
            int row = a * w.rows().stride() + shift;
            long into = target + (long) (a - from) * positions * SIZE;
            if (row < 0 || row >= w.height()) {
                zero(into, positions);
                continue;
            }
            zero(into, reach.begin());
            long source = plane + ((long) row * w.width() + (long) reach.begin() * stride + reach.shift()) * SIZE;
            if (stride == 1) {
                copy(source, into + (long) reach.begin() * SIZE, reach.end() - reach.begin());
            } else {
                gather(source, stride, into + (long) reach.begin() * SIZE, reach.end() - reach.begin());
            }
            zero(into + (long) reach.end() * SIZE, positions - reach.end());
        }
    }

    @Override
    public void fold(Window w, int from, int to, int channels, long matrix, long stride, long x) {
        boolean flat = isFlat(w);
        for (int c = 0; c < channels; c++) {
            long plane = x + (long) c * w.height() * w.width() * SIZE;
            for (int k = 0; k < w.rows().size(); k++) {
                int shift = k * w.rows().dilation() - w.rows().padBefore();
                for (int l = 0; l < w.columns().size(); l++) {
                    Reach reach = Reach.of(w.columns(), w.width(), l);
                    long source = matrix + ((long) c * w.taps() + (long) k * w.columns().size() + l) * stride;
                    if (flat) {
                        foldFlat(w, from, to, shift, reach, source, plane);
                    } else {
                        foldLines(w, from, to, shift, reach, source, plane);
                    }
                }
            }
        }
    }

    private static void foldFlat(Window w, int from, int to, int shift, Reach reach, long source, long plane) {
        int width = w.width();
        int first = Math.clamp(-shift, from, to);
        int end = Math.clamp(w.height() - shift, first, to);
        int begin = reach.begin();
        if (begin == reach.end() || first == end) {
            return;
        }
        long out = source + (long) (first - from) * width * SIZE;
        clearEdges(end - first, width, reach, out);
        long target = plane + ((long) (first + shift) * width + reach.shift()) * SIZE;
        add(out + (long) begin * SIZE, target + (long) begin * SIZE, (end - first) * width - begin - (width - reach.end()));
    }

    private static void foldLines(Window w, int from, int to, int shift, Reach reach, long source, long plane) {
        int positions = w.columns().positions();
        int stride = w.columns().stride();
        int count = reach.end() - reach.begin();
        for (int a = from; a < to; a++) {
            int row = a * w.rows().stride() + shift;
            if (row < 0 || row >= w.height()) {
                continue;
            }
            long out = source + ((long) (a - from) * positions + reach.begin()) * SIZE;
            long target = plane + ((long) row * w.width() + (long) reach.begin() * stride + reach.shift()) * SIZE;
            if (stride == 1) {
                add(out, target, count);
            } else {
                scatter(out, target, stride, count);
            }
        }
    }

    @Override
    public void unfoldRows(Window w, int channels, long x, long rows) {
        int columns = w.columns().positions();
        int taps = w.taps();
        long rowBytes = (long) channels * taps * SIZE;
        for (int k = 0; k < w.rows().size(); k++) {
            for (int l = 0; l < w.columns().size(); l++) {
                for (int position = 0; position < w.positions(); position++) {
                    int row = w.rows().at(position / columns, k);
                    int column = w.columns().at(position % columns, l);
                    boolean inside = row >= 0 && row < w.height() && column >= 0 && column < w.width();
                    long source = x + ((long) row * w.width() + column) * SIZE;
                    long target = rows + position * rowBytes + ((long) k * w.columns().size() + l) * SIZE;
                    for (int c = 0; c < channels; c++) {
                        set(target + (long) c * taps * SIZE, inside ? get(source + (long) c * w.height() * w.width() * SIZE) : 0);
                    }
                }
            }
        }
    }

    private static double get(long address) {
        return DOUBLE ? ALL.get(ValueLayout.JAVA_DOUBLE, address) : ALL.get(ValueLayout.JAVA_FLOAT, address);
    }

    private static void set(long address, double value) {
        if (DOUBLE) {
            ALL.set(ValueLayout.JAVA_DOUBLE, address, value);
        } else {
            ALL.set(ValueLayout.JAVA_FLOAT, address, (float) value);
        }
    }

    private static void zero(long target, int count) {
        int sizeBytes = count * SIZE;
        int at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            ZERO.intoMemorySegment(ALL, target + at, NATIVE);
        }
        if (at < sizeBytes) {
            ZERO.intoMemorySegment(ALL, target + at, NATIVE, SPECIES.indexInRange(0, (sizeBytes - at) / SIZE));
        }
    }

    private static void copy(long source, long target, int count) {
        int sizeBytes = count * SIZE;
        int at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            SPECIES.fromMemorySegment(ALL, source + at, NATIVE).intoMemorySegment(ALL, target + at, NATIVE);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = SPECIES.indexInRange(0, (sizeBytes - at) / SIZE);
            Lanes.load(DOUBLE, source + at, mask).intoMemorySegment(ALL, target + at, NATIVE, mask);
        }
    }

    private static void add(long source, long target, int count) {
        int sizeBytes = count * SIZE;
        int at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            SPECIES.fromMemorySegment(ALL, target + at, NATIVE).add(SPECIES.fromMemorySegment(ALL, source + at, NATIVE))
                    .intoMemorySegment(ALL, target + at, NATIVE);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = SPECIES.indexInRange(0, (sizeBytes - at) / SIZE);
            Lanes.load(DOUBLE, target + at, mask).add(Lanes.load(DOUBLE, source + at, mask)).intoMemorySegment(ALL, target + at, NATIVE, mask);
        }
    }

    private static void gather(long source, int stride, long target, int count) {
        for (int i = 0; i < count; i++) {
            set(target + (long) i * SIZE, get(source + (long) i * stride * SIZE));
        }
    }

    private static void scatter(long source, long target, int stride, int count) {
        for (int i = 0; i < count; i++) {
            long at = target + (long) i * stride * SIZE;
            set(at, get(at) + get(source + (long) i * SIZE));
        }
    }
}
