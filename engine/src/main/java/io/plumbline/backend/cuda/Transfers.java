package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/// Copies between host and device, in either precision, through two page-locked buffers: while one is copied by the device, the other is converted.
///
/// ```
/// host  |  part 0  |  part 1  |  part 2  |      buffer 0: parts 0, 2, …   buffer 1: parts 1, 3, …
/// ```
final class Transfers implements AutoCloseable {
    private static final long STAGING_BYTES = 8L << 20;

    private final Context context;
    private final Precision precision;
    private final Slot[] slots = new Slot[2];

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
        private final HostBuffer buffer;

        Slot() {
            JCudaDriver.cuMemAllocHost(pointer, STAGING_BYTES);
            JCudaDriver.cuEventCreate(done, CUevent_flags.CU_EVENT_DISABLE_TIMING);
            MemorySegment memory = MemorySegment.ofBuffer(pointer.getByteBuffer(0, STAGING_BYTES));
            buffer = HostBuffer.borrow(precision, memory);
        }

        HostBuffer numbers(long count) {
            return buffer.slice(0, count);
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

    /// Returns when `source` may change; the device may still be copying from the staging buffers.
    void upload(HostBuffer source, long address) {
        context.notALaunch("upload");
        long most = STAGING_BYTES / precision.sizeBytes();
        context.calling("upload of " + source.length() + " numbers", () -> {
            int at = 0;
            for (long from = 0; from < source.length(); from += most) {
                long count = Math.min(most, source.length() - from);
                Slot slot = slots[at++ % 2];
                slot.await();
                slot.numbers(count).copyFrom(source.slice(from, count));
                JCudaDriver.cuMemcpyHtoDAsync(new DeviceAddress(address + from * precision.sizeBytes()), slot.pointer, count * precision.sizeBytes(),
                        context.stream());
                slot.record();
            }
        });
    }

    /// Returns when all is there.
    void download(long address, HostBuffer target) {
        context.notALaunch("download");
        long most = STAGING_BYTES / precision.sizeBytes();
        long parts = Math.ceilDiv(target.length(), most);
        context.calling("download of " + target.length() + " numbers", () -> {
            for (long part = 0; part <= parts; part++) {
                if (part < parts) {
                    Slot slot = slots[(int) (part % 2)];
                    long from = part * most;
                    JCudaDriver.cuMemcpyDtoHAsync(slot.pointer, new DeviceAddress(address + from * precision.sizeBytes()),
                            Math.min(most, target.length() - from) * precision.sizeBytes(), context.stream());
                    slot.record();
                }
                if (part > 0) {
                    Slot slot = slots[(int) ((part - 1) % 2)];
                    long from = (part - 1) * most;
                    long count = Math.min(most, target.length() - from);
                    slot.await();
                    target.slice(from, count).copyFrom(slot.numbers(count));
                }
            }
        });
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
