package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import java.nio.charset.StandardCharsets;
import jcuda.CudaException;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.CUresult;
import jcuda.driver.JCudaDriver;

/// The CUDA driver, loaded once; or why it could not be.
final class Driver {
    /// Ampere: what our kernels are compiled for, at least.
    private static final int LEAST_MAJOR = 8;
    private static final int NAME_BYTES = 256;
    /// Ends `cuDriverGetVersion`'s 13000 before its minor version.
    private static final int MAJOR = 1000;
    private static final int MINOR = 10;
    private static final String NO_DEVICE = "sees no device"
            + (System.getenv("CUDA_VISIBLE_DEVICES") == null ? "" : " (CUDA_VISIBLE_DEVICES is '" + System.getenv("CUDA_VISIBLE_DEVICES") + "')");

    private Driver() {}

    /// Loads when first asked; remembers a failure, because the JVM reports it in full only once.
    private static final class Loaded {
        static final String FAILURE = load();

        private static String load() {
            try {
                CudaLibraries.loadDriver();
                JCudaDriver.setExceptionsEnabled(true);
                JCudaDriver.cuInit(0);
                return count() > 0 ? tooOld(get(0)) : "the driver " + NO_DEVICE;
            } catch (CudaException failure) {
                return "the driver " + (failure.getMessage().contains("NO_DEVICE") ? NO_DEVICE : "does not start: " + failure.getMessage());
            } catch (LinkageError | DeviceException failure) {
                return reason(failure);
            }
        }
    }

    /// An error's name, and what the driver says of it.
    static String explained(CudaException failure) {
        String name = String.valueOf(failure.getMessage());
        try {
            String[] text = new String[1];
            JCudaDriver.cuGetErrorString(CUresult.class.getField(name).getInt(null), text);
            return text[0] == null || text[0].equals(name) ? name : name + ", " + text[0];
        } catch (ReflectiveOperationException | CudaException unknown) {
            return name;
        }
    }

    /// What went wrong when something was loaded, in one line: JCuda tells it with two stack traces, the linker's own words in the last of them.
    static String reason(Throwable failure) {
        String text = String.valueOf(failure.getMessage());
        String[] causes = text.lines().filter(line -> line.contains("UnsatisfiedLinkError: ")).toArray(String[]::new);
        return causes.length == 0
                ? text.lines().findFirst().orElse(failure.getClass().getSimpleName())
                : causes[causes.length - 1].replaceFirst(".*UnsatisfiedLinkError: ", "");
    }

    /// Why there is no device, or null if there is one.
    static String unavailable() {
        return Loaded.FAILURE;
    }

    /// @throws DeviceException if there is no driver or no such device
    static CUdevice device(int ordinal) {
        if (Loaded.FAILURE != null) {
            throw new DeviceException("device cuda: " + Loaded.FAILURE);
        }
        int count = count();
        if (ordinal < 0 || ordinal >= count) {
            throw new DeviceException("device cuda: device " + ordinal + " asked for, there are " + count);
        }
        CUdevice device = get(ordinal);
        String reason = tooOld(device);
        if (reason != null) {
            throw new DeviceException("device cuda: " + reason);
        }
        return device;
    }

    private static int count() {
        int[] count = new int[1];
        JCudaDriver.cuDeviceGetCount(count);
        return count[0];
    }

    private static CUdevice get(int ordinal) {
        var device = new CUdevice();
        JCudaDriver.cuDeviceGet(device, ordinal);
        return device;
    }

    private static String tooOld(CUdevice device) {
        return tooOld(name(device), attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR),
                attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR));
    }

    /// Why our kernels do not run on such a device, or null if they do.
    static String tooOld(String name, int major, int minor) {
        return major >= LEAST_MAJOR ? null : name + " has compute capability " + major + "." + minor + ", expected " + LEAST_MAJOR + ".0 or higher";
    }

    private static String name(CUdevice device) {
        byte[] name = new byte[NAME_BYTES];
        JCudaDriver.cuDeviceGetName(name, name.length, device);
        String text = new String(name, StandardCharsets.UTF_8);
        return text.substring(0, text.indexOf('\0'));
    }

    /// What is free of the memory of the device whose context the calling thread has.
    static long freeBytes() {
        long[] free = new long[1];
        JCudaDriver.cuMemGetInfo(free, new long[1]);
        return free[0];
    }

    /// The release of CUDA that the driver is for: 13.
    static int major() {
        return version() / MAJOR;
    }

    private static int version() {
        int[] version = new int[1];
        JCudaDriver.cuDriverGetVersion(version);
        return version[0];
    }

    /// For people: name, memory, compute capability and driver.
    static String description(CUdevice device) {
        long[] bytes = new long[1];
        JCudaDriver.cuDeviceTotalMem(bytes, device);
        return name(device) + ", " + (bytes[0] >> 30) + " GiB, compute capability "
                + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) + "."
                + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR) + ", driver for CUDA " + major()
                + "." + version() % MAJOR / MINOR;
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
        return value[0];
    }
}
