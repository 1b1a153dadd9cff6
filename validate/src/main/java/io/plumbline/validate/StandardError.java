package io.plumbline.validate;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;

/// Standard error as the user meant it.
///
/// The Vector API is an incubating module, and a JVM that is told to use one says so on standard error at each start, before anything of ours
/// runs; no option prevents it. The launcher therefore starts the JVM with standard error closed to it and the user's own as another file
/// descriptor, whose number the environment variable `PLUMBLINE_STANDARD_ERROR` tells; [#restore] puts it back, for Java and native code alike.
final class StandardError {
    private static final String VARIABLE = "PLUMBLINE_STANDARD_ERROR";
    private static final int STANDARD_ERROR = 2;

    private StandardError() {}

    /// Makes file descriptor 2 the one that the launcher put aside, if it did.
    ///
    /// @throws IllegalStateException if the environment variable names no open file descriptor
    static void restore() {
        String descriptor = System.getenv(VARIABLE);
        if (descriptor != null) {
            restore(descriptor);
        }
    }

    private static void restore(String descriptor) {
        int result;
        try {
            var linker = Linker.nativeLinker();
            var duplicate = linker.downcallHandle(
                    linker.defaultLookup().findOrThrow("dup2"),
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            result = (int) duplicate.invokeExact(Integer.parseInt(descriptor), STANDARD_ERROR);
        } catch (Throwable failure) {
            throw new IllegalStateException(VARIABLE + " is " + descriptor + ", expected the number of a file descriptor", failure);
        }
        if (result != STANDARD_ERROR) {
            throw new IllegalStateException(VARIABLE + " is " + descriptor + ", which is no open file descriptor");
        }
    }
}
