package io.plumbline.bench;

import io.plumbline.backend.Backend;
import java.util.Arrays;

/// Times work that a device may go on with after the call returned: each repetition ends when the device is done.
///
/// @param leastSeconds repeats for at least so long
/// @param leastTimes   and at least so often, unless one takes longer than all that
record Stopwatch(double leastSeconds, int leastTimes) {
    private static final double NANOS = 1e9;
    private static final int MOST_TIMES = 1000;

    /// The median time of one run, in seconds, after one that is not counted.
    double seconds(Backend backend, Runnable work) {
        double first = once(backend, work);
        double[] times = new double[MOST_TIMES];
        int count = 0;
        double sum = 0;
        int least = first > leastSeconds ? 1 : leastTimes;
        while (count < least || sum < leastSeconds && count < MOST_TIMES) {
            times[count] = once(backend, work);
            sum += times[count++];
        }
        double[] sorted = Arrays.copyOf(times, count);
        Arrays.sort(sorted);
        return count % 2 == 1 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
    }

    private static double once(Backend backend, Runnable work) {
        backend.synchronize();
        long start = System.nanoTime();
        work.run();
        backend.synchronize();
        return (System.nanoTime() - start) / NANOS;
    }
}
