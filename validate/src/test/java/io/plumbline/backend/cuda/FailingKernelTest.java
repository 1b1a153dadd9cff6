package io.plumbline.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.DeviceException;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.validate.OnEmulator;
import org.junit.jupiter.api.Test;

/// What is said when a kernel goes wrong on the (emulated) device. Beside the application's tests, which know whether there is one.
@OnEmulator
class FailingKernelTest {
    /// It names the kernel, its operands' shapes and the grid, and what the driver says. What comes after, closing too, fails as well or not, as the driver likes.
    @Test
    void aKernelThatWritesBeyondItsTensor() {
        var failure = assertThrows(DeviceException.class, () -> {
            try (var scope = new Scope()) {
                var context = scope.own(new Context(0));
                var launcher = scope.own(new Launcher(context, scope.own(new Kernels(Precision.F32)), Precision.F32));
                var memory = scope.own(new DeviceMemory(context, Long.MAX_VALUE));
                var tensor = new Tensor(scope.own(new DeviceBuffer(memory, Precision.F32, 12)), 0, 3, 4);
                context.enter("fill", tensor, null);
                launcher.kernel("fill").tensor(tensor).i64(1 << 20).real(1).launch(2, 1, 1, 256, 0);
            }
        });
        assertTrue(failure.getMessage().matches("cuda: fill \\(3, 4\\) none: kernel fill on 2 x 1 x 1 blocks of 256 threads: CUDA_ERROR_[A-Z_]+, "
                + "plumbline_fill, block .*, thread .*: illegal address, [0-9]+ bytes after the end of an allocation of [0-9]+ bytes"),
                failure.getMessage());
    }

    @Test
    void aKernelThatIsNotThere() {
        try (var scope = new Scope()) {
            scope.own(new Context(0));
            var kernels = scope.own(new Kernels(Precision.F64));
            var failure = assertThrows(DeviceException.class, () -> kernels.function("nothing"));
            assertEquals("cuda: there is no kernel nothing: CUDA_ERROR_NOT_FOUND", failure.getMessage());
        }
    }
}
