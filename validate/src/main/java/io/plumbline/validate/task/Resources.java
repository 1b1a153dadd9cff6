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
/// @param memoryLimitBytes  see [Limits#memoryBytes()]
/// @param tileExamples      examples in a Gram tile, 0 to choose
/// @param contraction       how parameters enter Gram tiles
public record Resources(Device device, Arithmetic precision, Integer threads, long memoryLimitBytes, int tileExamples, Contraction contraction) {
    private static final int MOST_THREADS = 1024;

    public Resources {
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
        return new Resources(Device.AUTO, null, null, Limits.DEFAULT.memoryBytes(), 0, Contraction.COUNTED);
    }

    /// The same in this precision.
    Resources in(Arithmetic other) {
        return new Resources(device, other, threads, memoryLimitBytes, tileExamples, contraction);
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
        return CudaBackend.create(precision == null ? Arithmetic.F32 : precision, 0, Long.MAX_VALUE);
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
    /// @throws IllegalArgumentException if a limit is out of range
    public Limits limits() {
        return new Limits(memoryLimitBytes, tileExamples, contraction);
    }
}
