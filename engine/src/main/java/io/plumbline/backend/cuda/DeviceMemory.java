package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.backend.DeviceMemoryException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import jcuda.CudaException;
import jcuda.driver.JCudaDriver;

/// Memory of a device. What is freed is kept for the next request of about its size, because the driver's own allocation waits for the device; when there is
/// no room, what is kept goes back to the driver first.
///
/// Safe for several threads, as long as the context is current on each.
final class DeviceMemory implements AutoCloseable {
    /// Sizes are rounded up to a multiple of this.
    private static final long UNIT_BYTES = 512;
    /// A kept block serves a request for at least this share of it.
    private static final double LEAST_SHARE = 0.8;
    /// Fills blocks with 0xFF bytes (NaN) before they are used.
    private static final boolean POISON = Boolean.getBoolean("plumbline.memory.poison");

    private final Context context;
    private final long limitBytes;
    /// Addresses by size.
    private final TreeMap<Long, Deque<Long>> kept = new TreeMap<>();
    /// By address, those in use.
    private final TreeMap<Long, Block> blocks = new TreeMap<>();
    private long usedBytes;
    private long keptBytes;
    private long peakBytes;
    private long allocations;

    /// @param serial no other allocation has the same
    private record Block(long sizeBytes, long serial) {}

    /// @param limitBytes what may be in use or kept at a time
    DeviceMemory(Context context, long limitBytes) {
        this.context = context;
        this.limitBytes = limitBytes;
    }

    /// The address of a block whose contents are undefined.
    ///
    /// @throws DeviceMemoryException if it does not fit, with all that was kept given back: names the backend's call, what was asked for, what is free, what is in use and
    ///     what the limit is
    synchronized long allocate(long sizeBytes) {
        context.enter();
        context.notALaunch("allocation");
        long rounded = rounded(sizeBytes);
        if (usedBytes + rounded > limitBytes) {
            throw full(sizeBytes, null);
        }
        var entry = kept.ceilingEntry(rounded);
        long address;
        if (entry != null && rounded >= LEAST_SHARE * entry.getKey() && usedBytes + entry.getKey() <= limitBytes) {
            address = entry.getValue().pop();
            rounded = entry.getKey();
            if (entry.getValue().isEmpty()) {
                kept.remove(rounded);
            }
            keptBytes -= rounded;
        } else {
            address = fresh(rounded, sizeBytes);
        }
        blocks.put(address, new Block(rounded, ++allocations));
        usedBytes += rounded;
        peakBytes = Math.max(peakBytes, usedBytes);
        if (POISON) {
            long poisoned = rounded;
            context.calling("filling new memory", () -> JCudaDriver.cuMemsetD8Async(
                    new DeviceAddress(address), (byte) 0xFF, poisoned, context.stream()));
        }
        return address;
    }

    private long fresh(long rounded, long sizeBytes) {
        if (usedBytes + keptBytes + rounded > limitBytes) {
            giveBack();
        }
        try {
            return allocateNow(rounded);
        } catch (CudaException first) {
            if (keptBytes == 0) {
                throw full(sizeBytes, first);
            }
            giveBack();
            try {
                return allocateNow(rounded);
            } catch (CudaException second) {
                throw full(sizeBytes, second);
            }
        }
    }

    private static long allocateNow(long rounded) {
        var address = new DeviceAddress();
        JCudaDriver.cuMemAlloc(address, rounded);
        return address.value();
    }

    private DeviceException full(long sizeBytes, CudaException cause) {
        if (cause != null && !cause.getMessage().contains("OUT_OF_MEMORY")) {
            return context.failed("allocation of " + sizeBytes + " bytes", cause);
        }
        String limit = limitBytes == Long.MAX_VALUE ? "there is no limit but the device's " + context.totalBytes() : "the limit is " + limitBytes;
        return new DeviceMemoryException(context.during("no room for " + sizeBytes + " bytes more on the device: " + freeBytes() + " are free, "
                + usedBytes + " are in use, " + limit), cause);
    }

    /// What may still be allocated: what the driver has and what is kept here, up to the limit.
    synchronized long freeBytes() {
        return Math.min(Driver.freeBytes() + keptBytes, limitBytes - usedBytes);
    }

    private static long rounded(long sizeBytes) {
        return (sizeBytes + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES;
    }

    /// Takes a block back. Work on the stream that still uses it comes before whatever uses it next, since that goes to the same stream.
    synchronized void free(long address) {
        context.notALaunch("free");
        long rounded = blocks.remove(address).sizeBytes;
        usedBytes -= rounded;
        keptBytes += rounded;
        kept.computeIfAbsent(rounded, size -> new ArrayDeque<>()).push(address);
    }

    /// Notes the blocks that the addresses lie in: their serial numbers by where they begin.
    ///
    /// @return whether each lies in one
    synchronized boolean noteSerials(Iterable<Long> addresses, Map<Long, Long> serials) {
        for (long address : addresses) {
            var entry = blocks.floorEntry(address);
            if (entry == null || address > entry.getKey() + entry.getValue().sizeBytes) {
                return false;
            }
            serials.put(entry.getKey(), entry.getValue().serial);
        }
        return true;
    }

    /// Whether all those blocks are in use still, and have been all the time.
    synchronized boolean holds(Map<Long, Long> serials) {
        for (var entry : serials.entrySet()) {
            Block block = blocks.get(entry.getKey());
            if (block == null || block.serial != entry.getValue()) {
                return false;
            }
        }
        return true;
    }

    Context context() {
        return context;
    }

    /// The most that was in use at a time.
    synchronized long peakBytes() {
        return peakBytes;
    }

    private void giveBack() {
        context.synchronize("freeing memory");
        kept.values().forEach(blocks -> blocks.forEach(block -> JCudaDriver.cuMemFree(new DeviceAddress(block))));
        kept.clear();
        keptBytes = 0;
    }

    /// Gives what is kept back to the driver; blocks in use are lost with the context.
    @Override
    public synchronized void close() {
        context.enter();
        giveBack();
    }
}
