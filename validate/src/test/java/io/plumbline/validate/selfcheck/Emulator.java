package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.memory.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/// The emulated device that tests tagged `cuda` run on.
final class Emulator {
    private static final String LIBRARIES = System.getProperty("plumbline.cuda.libraries");

    private Emulator() {}

    /// Sets an option (kernels/src/emulator/options.h).
    static void set(String option, String value) {
        try (Arena arena = Arena.ofConfined()) {
            var function = SymbolLookup.libraryLookup(Path.of(LIBRARIES, "libcuda.so.1").toAbsolutePath(), arena).find("plumblineEmulatorOption").orElseThrow();
            var call = Linker.nativeLinker().downcallHandle(function,
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            assertEquals(0, (int) call.invokeExact(arena.allocateFrom(option), arena.allocateFrom(value)), option);
        } catch (Throwable thrown) {
            throw new AssertionError("the emulator has no option " + option + "=" + value, thrown);
        }
    }

    /// A backend on a device of so many multiprocessors: grids depend on them.
    static Backend device(Precision precision, int multiprocessors) {
        set("MULTIPROCESSORS", String.valueOf(multiprocessors));
        return CudaBackend.create(precision);
    }
}
