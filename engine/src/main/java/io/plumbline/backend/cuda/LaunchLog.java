package io.plumbline.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// The kernels that a piece of work launches, with all that they are given, to be compared with those of another time; and whether it does anything else.
final class LaunchLog {
    private record Launch(String kernel, long blocksX, long blocksY, long blocksZ, int threads, int sharedBytes, ByteBuffer arguments) {}

    /// Thrown while work is being captured, before it does what cannot be: the driver has not been called.
    static final class ObstacleException extends RuntimeException {
        private static final long serialVersionUID = 1;

        ObstacleException(String what) {
            super(what);
        }
    }

    private final Thread thread = Thread.currentThread();
    private final boolean captured;
    private final List<Launch> launches = new ArrayList<>();
    private final Set<Long> addresses = new TreeSet<>();
    private boolean obstructed;

    /// @param captured whether the stream takes launches down instead of doing them
    LaunchLog(boolean captured) {
        this.captured = captured;
    }

    void launch(String kernel, long blocksX, long blocksY, long blocksZ, int threads, int sharedBytes, MemorySegment arguments) {
        launches.add(new Launch(kernel, blocksX, blocksY, blocksZ, threads, sharedBytes, ByteBuffer.wrap(arguments.toArray(ValueLayout.JAVA_BYTE))));
    }

    /// A kernel is given an address.
    void address(long address) {
        addresses.add(address);
    }

    /// The work does something else than launch kernels, which a graph would not do again. What other threads do is none of its business.
    ///
    /// @throws ObstacleException while it is being captured
    void obstacle(String what) {
        if (Thread.currentThread() != thread) {
            return;
        }
        obstructed = true;
        if (captured) {
            throw new ObstacleException(what);
        }
    }

    boolean isCaptured() {
        return captured;
    }

    /// Whether there was nothing but launches.
    boolean isClear() {
        return !obstructed;
    }

    boolean hasSameLaunches(LaunchLog other) {
        return launches.equals(other.launches);
    }

    int launchCount() {
        return launches.size();
    }

    /// What kernels were given, null left out.
    Set<Long> addresses() {
        return addresses;
    }
}
