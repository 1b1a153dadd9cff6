package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.util.List;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/// Copies between host and device through two page-locked buffers: while one is copied by the device, the other is converted or copied.
///
/// ```
/// host  |  part 0  |  part 1  |  part 2  |      buffer 0: parts 0, 2, …   buffer 1: parts 1, 3, …
/// ```
final class Transfers implements AutoCloseable {
    private static final long STAGING_BYTES = 8L << 20;

    private final Context context;
    private final Precision precision;
    private final Slot[] slots = new Slot[2];
    private int turn;

    Transfers(Context context, Precision precision) {
        this.context = context;
        this.precision = precision;
        try {
            for (int i = 0; i < slots.length; i++) {
                slots[i] = new Slot();
            }
        } catch (CudaException failure) {
            close();
            throw new DeviceException("cuda: no page-locked memory: " + failure.getMessage(), failure);
        }
    }

    /// A page-locked buffer, and when the device is done with it.
    private final class Slot implements AutoCloseable {
        private final Pointer pointer = new Pointer();
        private final CUevent done = new CUevent();
        private final MemorySegment bytes;
        private final HostBuffer numbers;

        Slot() {
            JCudaDriver.cuMemAllocHost(pointer, STAGING_BYTES);
            JCudaDriver.cuEventCreate(done, CUevent_flags.CU_EVENT_DISABLE_TIMING);
            bytes = MemorySegment.ofBuffer(pointer.getByteBuffer(0, STAGING_BYTES));
            numbers = HostBuffer.borrow(precision, bytes);
        }

        void await() {
            JCudaDriver.cuEventSynchronize(done);
        }

        void record() {
            JCudaDriver.cuEventRecord(done, context.stream());
        }

        @Override
        public void close() {
            JCudaDriver.cuEventDestroy(done);
            JCudaDriver.cuMemFreeHost(pointer);
        }
    }

    /// Moves `sizeBytes` bytes between a slot and what lies `from` bytes behind the beginning on the host.
    private interface Part {
        void move(Slot slot, long from, long sizeBytes);
    }

    /// Returns when `source` may change; the device may still be copying from the staging buffers.
    void upload(HostBuffer source, long address) {
        long size = precision.sizeBytes();
        upload(source.length() * size, address, (slot, from, sizeBytes) -> slot.numbers.slice(0, sizeBytes / size).copyFrom(
                source.slice(from / size, sizeBytes / size)));
    }

    /// All of `sources`, bytes as they are, one behind the other. Returns when they may change.
    void upload(List<MemorySegment> sources, long address) {
        upload(sizeBytes(sources), address, (slot, from, sizeBytes) -> {
            MemorySegment staged = slot.bytes.asSlice(0, sizeBytes);
            overlaps(sources, from, sizeBytes, (source, begin) -> staged.asSlice(begin, source.byteSize()).copyFrom(source));
        });
    }

    private void upload(long sizeBytes, long address, Part fill) {
        context.notALaunch("upload");
        context.calling("upload of " + sizeBytes + " bytes", () -> {
            for (long from = 0; from < sizeBytes; from += STAGING_BYTES) {
                long partBytes = Math.min(STAGING_BYTES, sizeBytes - from);
                // Not the one that the copy before left to the device.
                turn = 1 - turn;
                Slot slot = slots[turn];
                slot.await();
                fill.move(slot, from, partBytes);
                JCudaDriver.cuMemcpyHtoDAsync(new DeviceAddress(address + from), slot.pointer, partBytes, context.stream());
                slot.record();
            }
        });
    }

    /// Returns when all is there, and all that was sent to the stream before is done.
    void download(long address, HostBuffer target) {
        long size = precision.sizeBytes();
        download(address, target.length() * size, (slot, from, sizeBytes) -> target.slice(from / size, sizeBytes / size).copyFrom(
                slot.numbers.slice(0, sizeBytes / size)));
    }

    /// Fills all of `targets`, bytes as they are, one behind the other. Returns when all is there.
    void download(long address, List<MemorySegment> targets) {
        download(address, sizeBytes(targets), (slot, from, sizeBytes) -> {
            MemorySegment staged = slot.bytes.asSlice(0, sizeBytes);
            overlaps(targets, from, sizeBytes, (target, begin) -> target.copyFrom(staged.asSlice(begin, target.byteSize())));
        });
    }

    private void download(long address, long sizeBytes, Part take) {
        context.notALaunch("download");
        long parts = Math.ceilDiv(sizeBytes, STAGING_BYTES);
        context.calling("download of " + sizeBytes + " bytes", () -> {
            for (long part = 0; part <= parts; part++) {
                if (part < parts) {
                    Slot slot = slots[(int) (part % 2)];
                    long from = part * STAGING_BYTES;
                    JCudaDriver.cuMemcpyDtoHAsync(slot.pointer, new DeviceAddress(address + from), Math.min(STAGING_BYTES, sizeBytes - from),
                            context.stream());
                    slot.record();
                }
                if (part > 0) {
                    Slot slot = slots[(int) ((part - 1) % 2)];
                    long from = (part - 1) * STAGING_BYTES;
                    slot.await();
                    take.move(slot, from, Math.min(STAGING_BYTES, sizeBytes - from));
                }
            }
        });
    }

    private static long sizeBytes(List<MemorySegment> segments) {
        return segments.stream().mapToLong(MemorySegment::byteSize).sum();
    }

    private interface Overlap {
        /// @param begin how far behind the range's beginning
        void of(MemorySegment segment, long begin);
    }

    /// What of the segments, one behind the other, lies in a range of bytes.
    private static void overlaps(List<MemorySegment> segments, long from, long sizeBytes, Overlap overlap) {
        long at = 0;
        for (MemorySegment segment : segments) {
            long low = Math.max(from, at);
            long high = Math.min(from + sizeBytes, at + segment.byteSize());
            if (low < high) {
                overlap.of(segment.asSlice(low - at, high - low), low - from);
            }
            at += segment.byteSize();
        }
    }

    @Override
    public void close() {
        for (Slot slot : slots) {
            if (slot != null) {
                slot.close();
            }
        }
    }
}
