package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import java.nio.charset.StandardCharsets;

/// Random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011). Stateless:
/// number i of a stream is a function of (seed, stream, i), so any thread, tile or device draws the same numbers in any order.
///
/// ```
/// key     = ( seed low 32,   seed high 32 )
/// counter = ( block low 32,  block high 32,  stream low 32,  stream high 32 )
/// block   → words w0 w1 w2 w3, 32 bits each
///
/// uniform(i)     block i>>>1, words (w0,w1) for even i, (w2,w3) for odd i:  b = (w_first·2³² + w_second) >>> 12,  u = (2b + 1)·2⁻⁵³
/// normal(i)      block i>>>1, all four words, u = uniform(2⌊i/2⌋), v = uniform(2⌊i/2⌋ + 1) (Box–Muller):
///                √(−2 ln u)·cos(2πv) for even i, √(−2 ln u)·sin(2πv) for odd i
/// below(i, m)    the 64 bits of uniform(i) before the shift, B = w_first·2³² + w_second:  ⌊B·m / 2⁶⁴⌋
/// rademacher(i)  block i>>>7, word (i>>>5)&3, bit i&31:  set → +1, clear → −1
/// ```
///
/// One stream serves one purpose: its uniforms, normals, integers and signs come from the same words. [#stream(String)] names streams.
/// Logarithm, cosine and sine are those of [StrictMath]: the same bits on every machine that runs Java; a device's own agree to a few roundings.
/// Indices are unsigned 64-bit numbers. Safe for use by many threads.
public final class Philox {
    private static final long MULTIPLIER_0 = 0xD2511F53L;
    private static final long MULTIPLIER_1 = 0xCD9E8D57L;
    private static final int WEYL_0 = 0x9E3779B9;
    private static final int WEYL_1 = 0xBB67AE85;
    private static final int ROUNDS = 10;
    private static final long LOW_32 = 0xFFFFFFFFL;
    private static final double TWO_PI = 2 * Math.PI;

    private final long seed;
    private final long stream;

    /// The stream `stream` of the generator with key `seed`.
    public Philox(long seed, long stream) {
        this.seed = seed;
        this.stream = stream;
    }

    /// The stream named `purpose` of the generator with key `seed`.
    public Philox(long seed, String purpose) {
        this(seed, stream(purpose));
    }

    /// The number of the stream named `purpose`: the 64-bit FNV-1a hash of its UTF-8 bytes.
    public static long stream(String purpose) {
        long hash = 0xCBF29CE484222325L;
        for (byte b : purpose.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
        }
        return hash;
    }

    public long seed() {
        return seed;
    }

    public long stream() {
        return stream;
    }

    /// The four words of block `index`.
    public int[] block(long index) {
        return philox4x32(index, stream, seed);
    }

    /// Philox4x32-10 of a 128-bit counter and a 64-bit key, least significant word first.
    static int[] philox4x32(long counterLow, long counterHigh, long key) {
        int c0 = (int) counterLow;
        int c1 = (int) (counterLow >>> 32);
        int c2 = (int) counterHigh;
        int c3 = (int) (counterHigh >>> 32);
        int k0 = (int) key;
        int k1 = (int) (key >>> 32);
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = MULTIPLIER_0 * (c0 & LOW_32);
            long product1 = MULTIPLIER_1 * (c2 & LOW_32);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += WEYL_0;
            k1 += WEYL_1;
        }
        return new int[] {c0, c1, c2, c3};
    }

    /// A number of the open interval (0,1): an odd multiple of 2⁻⁵³, each of the 2⁵² equally likely.
    public double uniform(long index) {
        return unit(bits(index));
    }

    /// A standard normal number, at most 8.6 in magnitude.
    public double normal(long index) {
        int[] words = block(index >>> 1);
        double radius = radius(words);
        double angle = angle(words);
        return (index & 1) == 0 ? radius * StrictMath.cos(angle) : radius * StrictMath.sin(angle);
    }

    /// An integer of [0, bound). Every value's probability is within 2⁻⁶⁴ of 1/bound.
    ///
    /// @throws IllegalArgumentException if `bound` is not positive
    public int below(long index, int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("below: bound is " + bound + ", expected at least 1");
        }
        return (int) Math.unsignedMultiplyHigh(bits(index), bound);
    }

    /// −1 or +1, equally likely.
    public double rademacher(long index) {
        return sign(block(index >>> 7), index);
    }

    /// target[i] = low + (high − low)·uniform(i), rounded to the target's precision.
    public void fillUniform(HostBuffer target, double low, double high) {
        for (long i = 0; i < target.length(); i += 2) {
            int[] words = block(i >>> 1);
            target.set(i, low + (high - low) * unit(pair(words, 0)));
            if (i + 1 < target.length()) {
                target.set(i + 1, low + (high - low) * unit(pair(words, 2)));
            }
        }
    }

    /// target[i] = scale·normal(i), rounded to the target's precision.
    public void fillNormal(HostBuffer target, double scale) {
        for (long i = 0; i < target.length(); i += 2) {
            int[] words = block(i >>> 1);
            double radius = radius(words);
            double angle = angle(words);
            target.set(i, scale * (radius * StrictMath.cos(angle)));
            if (i + 1 < target.length()) {
                target.set(i + 1, scale * (radius * StrictMath.sin(angle)));
            }
        }
    }

    /// target[i] = normal(from + i).
    public void fillNormal(long from, double[] target) {
        double radius = 0;
        double angle = 0;
        for (int i = 0; i < target.length; i++) {
            boolean first = (from + i & 1) == 0;
            if (first || i == 0) {
                int[] words = block(from + i >>> 1);
                radius = radius(words);
                angle = angle(words);
            }
            target[i] = first ? radius * StrictMath.cos(angle) : radius * StrictMath.sin(angle);
        }
    }

    /// target[i] = scale·rademacher(i).
    public void fillRademacher(HostBuffer target, double scale) {
        for (long from = 0; from < target.length(); from += 128) {
            int[] words = block(from >>> 7);
            long to = Math.min(target.length(), from + 128);
            for (long i = from; i < to; i++) {
                target.set(i, scale * sign(words, i));
            }
        }
    }

    /// A uniform permutation of 0 … n−1 (Fisher–Yates): for i = n−1 … 1, entry i changes places with entry below(i, i+1).
    ///
    /// @throws IllegalArgumentException if `n` is negative
    public int[] permutation(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("permutation: n is " + n + ", expected at least 0");
        }
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        for (int i = n - 1; i > 0; i--) {
            int j = below(i, i + 1);
            int kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        return order;
    }

    @Override
    public String toString() {
        return "Philox4x32-10(seed " + seed + ", stream " + Long.toUnsignedString(stream) + ")";
    }

    private long bits(long index) {
        return pair(block(index >>> 1), (int) (index & 1) * 2);
    }

    private static long pair(int[] words, int first) {
        return ((long) words[first] << 32) | (words[first + 1] & LOW_32);
    }

    /// The uniform number made of 64 random bits.
    static double unit(long bits) {
        return (2 * (bits >>> 12) + 1) * 0x1p-53;
    }

    private static double radius(int[] words) {
        return StrictMath.sqrt(-2 * StrictMath.log(unit(pair(words, 0))));
    }

    private static double angle(int[] words) {
        return TWO_PI * unit(pair(words, 2));
    }

    private static double sign(int[] words, long index) {
        return (words[(int) (index >>> 5) & 3] >>> (index & 31) & 1) == 1 ? 1 : -1;
    }
}
