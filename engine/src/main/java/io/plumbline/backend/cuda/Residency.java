package io.plumbline.backend.cuda;

import jcuda.driver.CUdevice_attribute;

/// How many blocks of threads the device holds at a time, and what each may have of shared memory.
final class Residency {
    private static final int ALIGNMENT = 8;
    /// Of a block beside what it asks for: the driver's, and what kernels declare.
    private static final int OWN_BYTES = 2 << 10;
    private static final int MULTIPROCESSOR_THREADS = 2048;
    private static final int MULTIPROCESSOR_BLOCKS = 32;
    /// Of the device's memory, for what does not fit shared memory.
    private static final long ROOM_SHARE = 16;

    private final Context context;
    private final int sharedLimit;
    private final int sharedBytes;

    Residency(Context context) {
        this.context = context;
        sharedLimit = context.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN) - OWN_BYTES;
        sharedBytes = context.attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
    }

    /// Bytes that a block may ask for.
    int sharedLimit() {
        return sharedLimit;
    }

    /// A block's shared memory, empty.
    Shared shared() {
        return new Shared();
    }

    /// Places in a block's shared memory, first come, first served.
    final class Shared {
        private int bytes;

        /// Where so many bytes are, or −1: they do not fit.
        int place(long sizeBytes) {
            long end = bytes + (sizeBytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
            if (end > sharedLimit) {
                return -1;
            }
            int at = bytes;
            bytes = (int) end;
            return at;
        }

        /// Of all places.
        int bytes() {
            return bytes;
        }
    }

    /// As many blocks as the device holds at a time, one for each item at most, and within a sixteenth of the device's memory.
    ///
    /// @param roomBytes of the device's memory that a block needs
    int blocks(int items, int threads, Shared shared, long roomBytes) {
        int fitting = Math.min(sharedBytes / (shared.bytes + OWN_BYTES), MULTIPROCESSOR_THREADS / threads);
        long each = Math.clamp(fitting, 1, MULTIPROCESSOR_BLOCKS);
        long room = roomBytes == 0 ? items : Math.max(1, context.totalBytes() / ROOM_SHARE / roomBytes);
        return (int) Math.min(Math.min(items, each * context.multiprocessors()), room);
    }
}
