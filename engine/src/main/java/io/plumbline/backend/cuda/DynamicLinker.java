package io.plumbline.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The C library's `dlopen`, for what the JVM's own ways of loading do not tell: why a library cannot be loaded.
final class DynamicLinker {
    private static final int RTLD_LAZY = 1;

    private DynamicLinker() {}

    /// Loads a library for as long as the process lives: of a name without a slash wherever the linker looks.
    ///
    /// @return null, or why it cannot be loaded
    static String open(String library) {
        // Both before the first call: looking a function up forgets the last error.
        MethodHandle load = function("dlopen", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
        MethodHandle error = function("dlerror", FunctionDescriptor.of(ValueLayout.ADDRESS));
        try (Arena arena = Arena.ofConfined()) {
            var handle = (MemorySegment) load.invokeExact(arena.allocateFrom(library), RTLD_LAZY);
            if (handle.address() != 0) {
                return null;
            }
            var reason = (MemorySegment) error.invokeExact();
            return reason.reinterpret(Long.MAX_VALUE).getString(0);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable impossible) {
            throw new IllegalStateException("dlopen " + library, impossible);
        }
    }

    private static MethodHandle function(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }
}
