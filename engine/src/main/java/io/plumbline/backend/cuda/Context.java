package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.backend.Tensor;
import jcuda.CudaException;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUstream;
import jcuda.driver.CUstream_flags;
import jcuda.driver.JCudaDriver;

/// A device's primary context and one stream on it, which everything goes to in order.
final class Context implements AutoCloseable {
    private final CUdevice device;
    private final CUcontext context = new CUcontext();
    private final CUstream stream = new CUstream();
    private final long totalBytes;
    private Thread current;
    private String call = "";
    private Tensor[] operands = {};
    private LaunchLog log;
    private boolean closed;

    /// @throws DeviceException if there is no such device
    Context(int ordinal) {
        device = Driver.device(ordinal);
        long[] bytes = new long[1];
        JCudaDriver.cuDeviceTotalMem(bytes, device);
        totalBytes = bytes[0];
        try {
            JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
            try {
                enter();
                JCudaDriver.cuStreamCreate(stream, CUstream_flags.CU_STREAM_NON_BLOCKING);
            } catch (CudaException failure) {
                JCudaDriver.cuDevicePrimaryCtxRelease(device);
                throw failure;
            }
        } catch (CudaException failure) {
            throw new DeviceException("cuda: no context on device " + ordinal + ": " + failure.getMessage(), failure);
        }
    }

    /// Makes it the calling thread's: every call to the driver needs that.
    synchronized void enter() {
        if (closed) {
            throw new IllegalStateException("cuda: used after it was closed");
        }
        if (current != Thread.currentThread()) {
            JCudaDriver.cuCtxSetCurrent(context);
            current = Thread.currentThread();
        }
    }

    /// The same, and what is called from here on, for messages.
    ///
    /// @param operands null for those left out
    synchronized void enter(String what, Tensor... operands) {
        enter();
        call = what;
        this.operands = operands;
    }

    /// Where launches are noted, or null.
    LaunchLog log() {
        return log;
    }

    /// Has launches noted from now on, or no more.
    void log(LaunchLog to) {
        log = to;
    }

    /// Whether launches are taken down instead of done.
    boolean isCapturing() {
        return log != null && log.isCaptured();
    }

    /// Something else than a launch is about to be done.
    ///
    /// @throws LaunchLog.ObstacleException if that must not be, because the stream is being captured
    void notALaunch(String what) {
        if (log != null) {
            log.obstacle(what);
        }
    }

    synchronized boolean isClosed() {
        return closed;
    }

    CUdevice device() {
        return device;
    }

    CUstream stream() {
        return stream;
    }

    /// One of the device's properties.
    int attribute(int attribute) {
        int[] value = new int[1];
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
        return value[0];
    }

    /// All of the device's memory.
    long totalBytes() {
        return totalBytes;
    }

    int multiprocessors() {
        return attribute(CUdevice_attribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
    }

    /// Waits until all that was sent to the stream is done.
    ///
    /// @param what for the message: what failed if something did
    /// @throws DeviceException if something sent earlier failed
    void synchronize(String what) {
        notALaunch(what);
        calling(what, () -> JCudaDriver.cuStreamSynchronize(stream));
    }

    /// Makes calls to the driver.
    ///
    /// @param what for the message: what is being done
    /// @throws DeviceException if one fails, or something sent earlier did: names the backend's call and the shapes of its operands
    void calling(String what, Runnable calls) {
        try {
            calls.run();
        } catch (CudaException failure) {
            throw failed(what, failure);
        }
    }

    /// Kernels run later than they are launched, so that a failure shows in a call that may have nothing to do with it.
    DeviceException failed(String what, CudaException failure) {
        String hint = Launcher.SYNCHRONOUS ? "" : " (or a kernel sent before: -Dplumbline.cuda.synchronous=true says which)";
        return new DeviceException(during(what + ": " + Driver.explained(failure)) + hint, failure);
    }

    /// A message about what happened in the backend's call: names it and the shapes of its operands.
    String during(String what) {
        var text = new StringBuilder("cuda: ").append(call);
        for (Tensor operand : operands) {
            text.append(' ').append(operand == null ? "none" : operand.shape());
        }
        return text.append(call.isEmpty() ? "" : ": ").append(what).toString();
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            enter();
            closed = true;
            JCudaDriver.cuStreamDestroy(stream);
            JCudaDriver.cuDevicePrimaryCtxRelease(device);
        }
    }
}
