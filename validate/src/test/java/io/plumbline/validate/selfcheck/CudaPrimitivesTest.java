package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.memory.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The primitives of `cuda` against the reference, on the emulated device: threads in ascending and in descending order, and with the same bits on a device of another
/// size, where grids differ.
class CudaPrimitivesTest {
    private static final String LIBRARIES = System.getProperty("plumbline.cuda.libraries");
    /// The first word of a check's subject.
    private static final Set<String> PRIMITIVES = Set.of("fill", "upload", "download", "activate", "product", "gather", "copy", "unfold", "maxPool",
            "maxPoolTransposed", "averagePool", "averagePoolTransposed", "rowProducts");

    @BeforeEach
    void emulated() {
        assumeTrue(LIBRARIES != null, "plumbline.cuda.libraries names no emulator");
    }

    @AfterEach
    void asBefore() {
        if (LIBRARIES != null) {
            set("ORDER", "forward");
        }
    }

    /// Sets an option of the emulator (kernels/src/emulator/options.h).
    private static void set(String option, String value) {
        try (Arena arena = Arena.ofConfined()) {
            var function = SymbolLookup.libraryLookup(Path.of(LIBRARIES, "libcuda.so.1").toAbsolutePath(), arena).find("plumblineEmulatorOption").orElseThrow();
            var call = Linker.nativeLinker().downcallHandle(function,
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            assertEquals(0, (int) call.invokeExact(arena.allocateFrom(option), arena.allocateFrom(value)), option);
        } catch (Throwable thrown) {
            throw new AssertionError("the emulator has no option " + option + "=" + value, thrown);
        }
    }

    private static Backend device(Precision precision, int multiprocessors) {
        set("MULTIPROCESSORS", String.valueOf(multiprocessors));
        return CudaBackend.create(precision);
    }

    @ParameterizedTest
    @CsvSource({"F32, forward", "F32, reverse", "F64, forward", "F64, reverse"})
    void agreeWithTheReference(Precision precision, String order) {
        set("ORDER", order);
        List<Check> checks = new ArrayList<>();
        try (Backend device = device(precision, 4);
                Backend smaller = device(precision, 1)) {
            Selfcheck.run(new Subject(device, smaller), Selfcheck.primitives().filter(item -> PRIMITIVES.contains(primitive(item.subject()))), checks::add);
        }
        assertEquals(List.of(), checks.stream().filter(check -> !check.passed()).toList());
        assertEquals(PRIMITIVES, checks.stream().map(check -> primitive(check.subject())).collect(Collectors.toSet()));
        assertTrue(checks.stream().filter(check -> check.error() > 0).count() > 100, "numbers were rounded");
    }

    private static String primitive(String subject) {
        return subject.split(" ")[0];
    }
}
