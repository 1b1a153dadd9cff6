package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import jcuda.CudaException;
import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/// Our kernels in one precision, loaded on a device: `kernels-f32.fatbin` or `kernels-f64.fatbin` of module `kernels`, from the class path or from the folder that
/// `-Dplumbline.cuda.kernels=DIR` names.
final class Kernels implements AutoCloseable {
    private static final String FOLDER = System.getProperty("plumbline.cuda.kernels");
    private static final String RESOURCES = "/io/plumbline/kernels/";
    private static final String PREFIX = "plumbline_";
    private static final int WHOLE_CARVEOUT = 100;

    private final CUmodule module = new CUmodule();
    private final Map<String, CUfunction> functions = new HashMap<>();

    /// @throws DeviceException if the build has no kernels, or the device takes none of them
    Kernels(Precision precision) {
        String file = "kernels-" + precision.label() + ".fatbin";
        byte[] image = image(file);
        try {
            JCudaDriver.cuModuleLoadData(module, image);
        } catch (CudaException failure) {
            throw new DeviceException("cuda: " + file + " cannot be loaded on this device: " + failure.getMessage(), failure);
        }
    }

    /// Whether there are kernels to load.
    static boolean present() {
        return FOLDER != null || Kernels.class.getResource(RESOURCES + "kernels-f32.fatbin") != null;
    }

    private static byte[] image(String file) {
        try (InputStream in = FOLDER == null ? Kernels.class.getResourceAsStream(RESOURCES + file) : Files.newInputStream(Path.of(FOLDER, file))) {
            if (in == null) {
                throw new DeviceException("cuda: built without kernels: there was no nvcc (CUDA 12 or 13) where plumbline was built");
            }
            return in.readAllBytes();
        } catch (IOException failure) {
            throw new DeviceException("cuda: " + (FOLDER == null ? file : Path.of(FOLDER, file)) + " cannot be read: " + failure, failure);
        }
    }

    /// @throws DeviceException if there is no kernel of this name
    CUfunction function(String name) {
        CUfunction function = functions.get(name);
        if (function == null) {
            function = new CUfunction();
            try {
                JCudaDriver.cuModuleGetFunction(function, module, PREFIX + name);
            } catch (CudaException failure) {
                throw new DeviceException("cuda: there is no kernel " + name + ": " + failure.getMessage(), failure);
            }
            functions.put(name, function);
        }
        return function;
    }

    /// Lets blocks of the kernel have so much dynamic shared memory, where it is more than the 48 KiB that every kernel may have; of what a multiprocessor divides
    /// between cache and shared memory, the kernel then gets as much of the latter as there is.
    void allowSharedBytes(String name, int bytes) {
        JCudaDriver.cuFuncSetAttribute(function(name), CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bytes);
        JCudaDriver.cuFuncSetAttribute(function(name), CUfunction_attribute.CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, WHOLE_CARVEOUT);
    }

    @Override
    public void close() {
        JCudaDriver.cuModuleUnload(module);
    }
}
