package io.plumbline.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.DeviceException;
import io.plumbline.memory.Precision;
import org.junit.jupiter.api.Test;

/// Where there is no device: tests that are not tagged look for the driver in a folder that does not exist.
class DriverTest {
    @Test
    void noDriver() {
        String reason = CudaBackend.unavailable();
        assertTrue(reason.startsWith("there is no /") && reason.endsWith("/libcuda.so.1 (plumbline.cuda.libraries names its folder)"), reason);
        assertEquals("device cuda: " + reason, assertThrows(DeviceException.class, () -> CudaBackend.create(Precision.F32)).getMessage());
        assertEquals(reason, CuBlas.unavailable());
    }

    @Test
    void theLinkerSaysWhy() {
        assertNull(DynamicLinker.open("libm.so.6"));
        String reason = DynamicLinker.open("libnothing.so.1");
        assertTrue(reason.startsWith("libnothing.so.1: cannot open shared object file"), reason);
    }

    @Test
    void architecturesWithoutOurKernels() {
        assertNull(Driver.tooOld("A100", 8, 0));
        assertNull(Driver.tooOld("a later one", 12, 1));
        assertEquals("Tesla T4 has compute capability 7.5, expected 8.0 or higher", Driver.tooOld("Tesla T4", 7, 5));
    }

    @Test
    void theLinkersWordsAreFoundInJCudas() {
        assertEquals(
                "/tmp/libJCublas2.so: libcublas.so.12: cannot open shared object file: No such file or directory",
                Driver.reason(new UnsatisfiedLinkError("""
                        Error while loading native library "JCublas2"
                        Operating system name: Linux
                        Stack trace from the attempt to load the library as a file:
                        java.lang.UnsatisfiedLinkError: no JCublas2 in java.library.path
                        \tat somewhere
                        Stack trace from the attempt to load the library as a resource:
                        java.lang.UnsatisfiedLinkError: /tmp/libJCublas2.so: libcublas.so.12: cannot open shared object file: No such file or directory
                        \tat elsewhere
                        """)));
        assertEquals("said", Driver.reason(new DeviceException("said")));
        assertEquals("null", Driver.reason(new UnsatisfiedLinkError()));
    }
}
