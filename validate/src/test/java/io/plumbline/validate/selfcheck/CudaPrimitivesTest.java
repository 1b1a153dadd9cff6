package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.memory.Precision;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The primitives of `cuda` against the reference, on the emulated device: threads in ascending and in descending order, and with the same bits on a device of another
/// size, where grids differ.
@OnEmulator
class CudaPrimitivesTest {
    /// The first word of a check's subject.
    private static final Set<String> PRIMITIVES = Set.of("fill", "upload", "download", "activate", "product", "gather", "copy", "unfold", "maxPool",
            "maxPoolTransposed", "averagePool", "averagePoolTransposed", "rowProducts");

    @AfterEach
    void asBefore() {
        Emulator.set("ORDER", "forward");
    }

    private static Backend device(Precision precision, int multiprocessors) {
        Emulator.set("MULTIPROCESSORS", String.valueOf(multiprocessors));
        return CudaBackend.create(precision);
    }

    @ParameterizedTest
    @CsvSource({"F32, forward", "F32, reverse", "F64, forward", "F64, reverse"})
    void agreeWithTheReference(Precision precision, String order) {
        Emulator.set("ORDER", order);
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
