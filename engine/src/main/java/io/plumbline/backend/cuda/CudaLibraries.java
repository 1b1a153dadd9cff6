package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Finds and loads what JCuda needs.
///
/// `-Dplumbline.cuda.libraries=DIR` names a folder whose `libcuda.so.1` is loaded instead of the system's.
final class CudaLibraries {
    private static final String FOLDER = System.getProperty("plumbline.cuda.libraries");

    private CudaLibraries() {}

    /// @throws DeviceException if a named folder lacks the driver
    static void load() {
        if (FOLDER != null) {
            Path driver = Path.of(FOLDER, "libcuda.so.1").toAbsolutePath();
            if (!Files.isRegularFile(driver)) {
                throw new DeviceException("there is no " + driver + " (plumbline.cuda.libraries names its folder)");
            }
            System.load(driver.toString());
        }
    }
}
