package io.plumbline.validate.task;

import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.Backend;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.Limits.Contraction;

/// What to compute with.
///
/// @param device            where
/// @param precision         null for the device's own: f64 on `reference`, f32 elsewhere. TF32 is cuda's alone, and chooses it
/// @param threads           of the CPU, null for all that there are; a GPU has no use for it
/// @param memoryLimitBytes  see [Limits#memoryBytes()]; null for the device's own, [Limits#of]
/// @param deviceLimitBytes  what may be held in a GPU's memory in all, null for what is free there; other devices have no use for it
/// @param tileExamples      examples in a Gram tile, 0 to choose
/// @param contraction       how parameters enter Gram tiles
public record Resources(
        Device device, Arithmetic precision, Integer threads, Long memoryLimitBytes, Long deviceLimitBytes, int tileExamples,
        Contraction contraction) {
    private static final int MOST_THREADS = 1024;

    public Resources {
        if (memoryLimitBytes != null && memoryLimitBytes < 1) {
            throw new IllegalArgumentException("memory-limit: found " + memoryLimitBytes + " bytes, expected at least 1");
        }
        if (deviceLimitBytes != null && (deviceLimitBytes < 1 || device == Device.CPU || device == Device.REFERENCE)) {
            throw new IllegalArgumentException("device-memory-limit: found " + deviceLimitBytes + " bytes, expected "
                    + (deviceLimitBytes < 1 ? "at least 1" : "none: it is of a GPU's memory, and the device is " + device));
        }
        if (tileExamples < 0) {
            throw new IllegalArgumentException("tile: found " + tileExamples + ", expected at least 1, or 0 to choose");
        }
        if (threads != null && (threads < 1 || threads > MOST_THREADS)) {
            throw new IllegalArgumentException("threads: found " + threads + ", expected 1 to " + MOST_THREADS);
        }
        if (device == Device.REFERENCE && precision == Arithmetic.F32) {
            throw new IllegalArgumentException("precision: found f32, expected f64: the reference device computes in double only");
        }
        if (precision == Arithmetic.TF32 && (device == Device.CPU || device == Device.REFERENCE)) {
            throw new IllegalArgumentException("precision: found tf32, expected f32 or f64: only the cuda device multiplies in TF32");
        }
        if (device == Device.CUDA && threads != null) {
            throw new IllegalArgumentException("threads: found " + threads + ", expected none: they are the CPU's, and the device is cuda");
        }
        if (device == Device.REFERENCE && threads != null && threads > 1) {
            throw new IllegalArgumentException("threads: found " + threads + ", expected 1: the reference device has no more");
        }
    }

    /// Everything chosen by the engine.
    public static Resources defaults() {
        return on(Device.AUTO);
    }

    /// Everything chosen by the engine, on this device.
    static Resources on(Device device) {
        return new Resources(device, null, null, null, null, 0, Contraction.COUNTED);
    }

    /// The same in this precision.
    Resources in(Arithmetic other) {
        return in(other, threads);
    }

    /// The same in this precision on so many threads.
    public Resources in(Arithmetic other, Integer otherThreads) {
        return new Resources(device, other, otherThreads, memoryLimitBytes, deviceLimitBytes, tileExamples, contraction);
    }

    /// The backend, which the caller owns.
    ///
    /// @throws DeviceException if the device is not there or cannot be used
    public Backend open() {
        return switch (device) {
            case CUDA -> cuda();
            case REFERENCE -> new ReferenceBackend();
            case CPU -> cpu();
            case AUTO -> precision == Arithmetic.TF32 || CudaBackend.unavailable() == null ? cuda() : cpu();
        };
    }

    private Backend cuda() {
        return CudaBackend.create(precision == null ? Arithmetic.F32 : precision, 0, deviceLimitBytes == null ? Long.MAX_VALUE : deviceLimitBytes);
    }

    private Backend cpu() {
        int count = threads == null ? Runtime.getRuntime().availableProcessors() : threads;
        try {
            return CpuBackend.create((precision == null ? Arithmetic.F32 : precision).precision(), count);
        } catch (IllegalStateException | LinkageError failure) {
            throw new DeviceException("device cpu: " + failure.getMessage(), failure);
        }
    }

    /// What an evaluation may hold.
    ///
    /// @param backend that was opened with these
    public Limits limits(Backend backend) {
        return new Limits(memoryLimitBytes == null ? Limits.memoryBytes(backend) : memoryLimitBytes, tileExamples, contraction);
    }

    /// What matrices in the host's memory may take.
    public long hostLimitBytes() {
        return memoryLimitBytes == null ? Limits.DEFAULT.memoryBytes() : memoryLimitBytes;
    }
}
