package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.memory.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import jcuda.CudaException;
import jcuda.driver.CUfunction;
import jcuda.driver.JCudaDriver;

/// Launches kernels. Arguments are written one after the other, each at its natural alignment, into one block outside the Java heap:
///
/// ```
/// launcher.kernel("fill").tensor(t).i64(t.length()).real(value).launch(blocks, 1, 1, 256, 0);
/// ```
///
/// One thread at a time. Under `-Dplumbline.cuda.synchronous=true` each launch waits for its kernel, so that a failure names the kernel that failed.
final class Launcher implements AutoCloseable {
    static final boolean SYNCHRONOUS = Boolean.getBoolean("plumbline.cuda.synchronous");
    /// What CUDA allows in all before compute capability 7.0 with CUDA 12.1.
    private static final int BLOCK_BYTES = 4096;
    private static final long PARAMETERS = 1;
    private static final long SIZE = 2;
    private static final int MOST_BLOCKS_Y = 65_535;
    /// Blocks of a shared launch, in times what the device holds.
    private static final int WAVES = 4;
    private static final int PACK_BYTES = 16;
    /// What a multiprocessor holds at a time.
    private static final int MULTIPROCESSOR_THREADS = 2048;

    private final Context context;
    private final Kernels kernels;
    private final Precision precision;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment block = arena.allocate(BLOCK_BYTES, 64);
    private final MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
    private final Raw extra;
    private final int wholeDeviceThreads;
    private String name;
    private CUfunction function;
    private long end;

    Launcher(Context context, Kernels kernels, Precision precision) {
        this.context = context;
        this.kernels = kernels;
        this.precision = precision;
        MemorySegment table = arena.allocate(5 * ValueLayout.JAVA_LONG.byteSize(), ValueLayout.JAVA_LONG.byteAlignment());
        table.setAtIndex(ValueLayout.JAVA_LONG, 0, PARAMETERS);
        table.setAtIndex(ValueLayout.JAVA_LONG, 1, block.address());
        table.setAtIndex(ValueLayout.JAVA_LONG, 2, SIZE);
        table.setAtIndex(ValueLayout.JAVA_LONG, 3, size.address());
        extra = new Raw(table);
        wholeDeviceThreads = MULTIPROCESSOR_THREADS * context.multiprocessors();
    }

    Context context() {
        return context;
    }

    Kernels kernels() {
        return kernels;
    }

    Precision precision() {
        return precision;
    }

    /// Threads that the device holds at a time.
    int wholeDeviceThreads() {
        return wholeDeviceThreads;
    }

    /// Numbers that a `Pack` holds (entries.cuh): 16 bytes.
    int packWidth() {
        return PACK_BYTES / precision.sizeBytes();
    }

    /// Whether the tensor can be read by packs, from its first number on.
    boolean packs(Tensor t) {
        return address(t, precision) % PACK_BYTES == 0;
    }

    /// Whether rows of so many numbers are whole packs.
    boolean packs(long columns) {
        return columns % packWidth() == 0;
    }

    /// Begins a launch.
    Launcher kernel(String kernel) {
        name = kernel;
        function = kernels.function(kernel);
        end = 0;
        return this;
    }

    /// The address of a tensor's first number, or null.
    Launcher tensor(Tensor t) {
        return address(t == null ? 0 : address(t, precision));
    }

    Launcher address(long address) {
        if (context.log() != null && address != 0) {
            context.log().address(address);
        }
        return i64(address);
    }

    Launcher i64(long value) {
        block.set(ValueLayout.JAVA_LONG, place(Long.BYTES), value);
        return this;
    }

    Launcher i32(int value) {
        block.set(ValueLayout.JAVA_INT, place(Integer.BYTES), value);
        return this;
    }

    Launcher f64(double value) {
        block.set(ValueLayout.JAVA_DOUBLE, place(Double.BYTES), value);
        return this;
    }

    /// A number of the backend's precision.
    Launcher real(double value) {
        if (precision == Precision.F64) {
            return f64(value);
        }
        block.set(ValueLayout.JAVA_FLOAT, place(Float.BYTES), (float) value);
        return this;
    }

    /// A `Window` by value (window.cuh).
    Launcher window(Window w) {
        return i32(w.channels()).i32(w.height()).i32(w.width()).span(w.rows()).span(w.columns());
    }

    private Launcher span(Span s) {
        return i32(s.size()).i32(s.stride()).i32(s.dilation()).i32(s.padBefore()).i32(s.padAfter()).i32(s.positions());
    }

    private long place(int bytes) {
        long at = (end + bytes - 1) / bytes * bytes;
        end = at + bytes;
        return at;
    }

    /// Sends blocks of `threads` threads that share out `items` among them in a grid-stride loop: few times as many as the device holds, which evens out
    /// when they end, or fewer.
    void share(long items, int threads) {
        share(items, 1, threads);
    }

    /// The same for each of a batch, whose number the grid's third dimension tells.
    void share(long items, int batch, int threads) {
        long most = Math.max(1, (long) WAVES * (wholeDeviceThreads / threads) / Math.max(1, batch));
        launch(Math.min(Math.ceilDiv(items, threads), most), 1, batch, threads, 0);
    }

    /// Sends the kernel to the stream; does nothing where a grid has no blocks.
    ///
    /// @throws DeviceException if the launch is refused, or something sent earlier failed: names the call, its operands' shapes and the kernel
    void launch(long blocksX, long blocksY, long blocksZ, int threads, int sharedBytes) {
        if (blocksX == 0 || blocksY == 0 || blocksZ == 0) {
            return;
        }
        if (blocksX > Integer.MAX_VALUE || blocksY > MOST_BLOCKS_Y || blocksZ > MOST_BLOCKS_Y) {
            throw new IllegalArgumentException("cuda: a grid of " + blocksX + " x " + blocksY + " x " + blocksZ + " blocks for " + name);
        }
        size.set(ValueLayout.JAVA_LONG, 0, end);
        if (context.log() != null) {
            context.log().launch(name, blocksX, blocksY, blocksZ, threads, sharedBytes, block.asSlice(0, end));
        }
        try {
            JCudaDriver.cuLaunchKernel(function, (int) blocksX, (int) blocksY, (int) blocksZ, threads, 1, 1, sharedBytes, context.stream(), null,
                    extra);
            if (SYNCHRONOUS && !context.isCapturing()) {
                JCudaDriver.cuStreamSynchronize(context.stream());
            }
        } catch (CudaException failure) {
            throw context.failed("kernel " + name + " on " + blocksX + " x " + blocksY + " x " + blocksZ + " blocks of " + threads + " threads",
                    failure);
        }
    }

    /// The device address of a tensor's first number.
    ///
    /// @throws IllegalArgumentException if it is not a device's, or in another precision
    static long address(Tensor t, Precision precision) {
        if (t.buffer() instanceof DeviceBuffer buffer && buffer.precision() == precision) {
            return buffer.address() + t.offset() * precision.sizeBytes();
        }
        throw new IllegalArgumentException("cuda: a tensor " + t.shape() + " of " + t.precision().label() + " is not in device memory in "
                + precision.label());
    }

    @Override
    public void close() {
        arena.close();
    }
}
