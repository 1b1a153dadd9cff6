package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.memory.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/// The emulated device of module kernels, for tests with [OnEmulator].
public final class Emulator {
    private static final Path FOLDER = Path.of(System.getProperty("plumbline.cuda.libraries"));
    private static final Path DRIVER = FOLDER.resolve("libcuda.so.1").toAbsolutePath();

    private Emulator() {}

    /// Whether the kernels' build made one.
    static final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return Files.exists(DRIVER)
                    ? ConditionEvaluationResult.enabled("there is an emulator")
                    : ConditionEvaluationResult.disabled("there is no " + DRIVER + ": it needs make and a C++ compiler");
        }
    }

    /// One of its libraries.
    static Path library(String name) {
        return FOLDER.resolve(name).toAbsolutePath();
    }

    /// Sets an option (kernels/src/emulator/options.h).
    public static void set(String option, String value) {
        try (Arena arena = Arena.ofConfined()) {
            var function = SymbolLookup.libraryLookup(DRIVER, arena).findOrThrow("plumblineEmulatorOption");
            var call = Linker.nativeLinker().downcallHandle(function,
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            assertEquals(0, (int) call.invokeExact(arena.allocateFrom(option), arena.allocateFrom(value)), option);
        } catch (Throwable thrown) {
            throw new AssertionError("the emulator has no option " + option + "=" + value, thrown);
        }
    }

    /// A backend on a device of so many multiprocessors: grids depend on them.
    public static Backend device(Precision precision, int multiprocessors) {
        set("MULTIPROCESSORS", String.valueOf(multiprocessors));
        return CudaBackend.create(precision);
    }
}
