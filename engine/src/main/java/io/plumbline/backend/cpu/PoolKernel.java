package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// What poolings do to the array of one channel, by address. Indices within an array are integers as wide as the numbers; sums are doubles.
interface PoolKernel {
    /// The kernel for one precision.
    record Case(Precision precision) {}

    /// Two vectors.
    int SLACK_BYTES = 2 * Lanes.species(true).vectorByteSize();

    static PoolKernel of(Precision precision) {
        return Specialised.of(PoolKernel.class, PoolTemplate.class, new Case(precision));
    }

    /// at[i] = the index of the largest of x[first + i·stride + k·rowStep + l·columnStep], k < rows, l < columns, for each i < count:
    /// the first of equals in that order, a NaN before all others. Reads and writes whole vectors: up to [#SLACK_BYTES] beyond what it needs and fills.
    void largest(long x, int first, int rows, int rowStep, int columns, int columnStep, int stride, int count, long at);

    /// out[i] = x[at[i]] (or +=), i < count.
    void pick(long x, long at, int count, boolean accumulate, long out);

    /// out[at[i]] = y[i] (or +=), i < count; no index occurs twice.
    void place(long y, long at, int count, boolean accumulate, long out);

    /// sums[at[i]] += y[i], i < count.
    void addAt(long y, long at, int count, long sums);

    /// sums[j] = Σ_k x[k·step + j], k < rows, j < count.
    void columnSums(long x, int rows, long step, int count, long sums);

    /// out[j] = Σ over rows of x[row][j] (or +=), rounded once; x by the addresses of rows of doubles.
    void roundedSums(int rows, long[] x, long count, boolean accumulate, long out);

    /// out[j] = sums[j]/divisors[j] (or +=), rounded once; doubles on the right.
    void quotients(long sums, long divisors, long count, boolean accumulate, long out);

    /// quotients[j] = y[j]/divisors[j] in double.
    void wideQuotients(long y, long divisors, long count, long quotients);
}
