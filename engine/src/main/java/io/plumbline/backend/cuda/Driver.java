package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import java.nio.charset.StandardCharsets;
import jcuda.CudaException;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdevice_attribute;
import jcuda.driver.JCudaDriver;

/// The CUDA driver, loaded once; or why it could not be.
final class Driver {
    private static final int NAME_BYTES = 256;
    /// Ends `cuDriverGetVersion`'s 13000 before its minor version.
    private static final int MAJOR = 1000;
    private static final int MINOR = 10;

    private Driver() {}

    /// Loads when first asked; remembers a failure, because the JVM reports it in full only once.
    private static final class Loaded {
        static final String FAILURE = load();

        private static String load() {
            try {
                CudaLibraries.load();
                JCudaDriver.setExceptionsEnabled(true);
                JCudaDriver.cuInit(0);
                int[] count = new int[1];
                JCudaDriver.cuDeviceGetCount(count);
                return count[0] > 0 ? null : "the driver sees no device";
            } catch (CudaException failure) {
                return "the driver does not start: " + failure.getMessage();
            } catch (LinkageError | DeviceException failure) {
                return String.valueOf(failure.getMessage()).lines().findFirst().orElse("the driver cannot be loaded");
            }
        }
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
        int[] count = new int[1];
        JCudaDriver.cuDeviceGetCount(count);
        if (ordinal < 0 || ordinal >= count[0]) {
            throw new DeviceException("device cuda: device " + ordinal + " asked for, there are " + count[0]);
        }
        var device = new CUdevice();
        JCudaDriver.cuDeviceGet(device, ordinal);
        return device;
    }

    /// For people: name, memory, compute capability and driver.
    static String description(CUdevice device) {
        byte[] name = new byte[NAME_BYTES];
        JCudaDriver.cuDeviceGetName(name, name.length, device);
        long[] bytes = new long[1];
        JCudaDriver.cuDeviceTotalMem(bytes, device);
        int[] version = new int[1];
        JCudaDriver.cuDriverGetVersion(version);
        String text = new String(name, StandardCharsets.UTF_8);
        return text.substring(0, text.indexOf('\0')) + ", " + (bytes[0] >> 30) + " GiB, compute capability "
                + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) + "."
                + attribute(device, CUdevice_attribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR) + ", driver for CUDA " + version[0] / MAJOR
                + "." + version[0] % MAJOR / MINOR;
    }

    private static int attribute(CUdevice device, int attribute) {
        int[] value = new int[1];
        JCudaDriver.cuDeviceGetAttribute(value, attribute, device);
        return value[0];
    }
}
