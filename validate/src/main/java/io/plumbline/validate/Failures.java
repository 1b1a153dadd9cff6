package io.plumbline.validate;

import io.plumbline.backend.DeviceException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Turns what was thrown into one line on standard error and an exit status.
///
/// [IllegalArgumentException] (what was asked for), [IOException] (files) and [ArithmeticException] (numbers that are not finite) are the user's to mend.
final class Failures {
    static final int INTERNAL = 1;
    static final int USAGE = 2;
    static final int DEVICE = 3;
    private static final String TRACE = "PLUMBLINE_TRACE";

    private Failures() {}

    /// A command line that says something else than the commands understand.
    static int usage(ParameterException failure, PrintWriter err) {
        CommandLine command = failure.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        boolean own = failure.getCause() instanceof IllegalArgumentException;
        String message = own ? failure.getCause().getMessage() : failure.getMessage();
        return say(failure, name + ": " + message + suggestion(failure) + " (see " + name + " --help)", USAGE, err);
    }

    private static String suggestion(ParameterException failure) {
        return failure instanceof UnmatchedArgumentException unmatched && !unmatched.getSuggestions().isEmpty()
                ? "; is " + unmatched.getSuggestions().getFirst() + " meant?"
                : "";
    }

    /// What a command threw.
    static int report(Throwable failure, CommandLine command, PrintWriter err) {
        String name = command.getCommandSpec().qualifiedName() + ": ";
        return switch (failure) {
            case IllegalArgumentException wrong -> say(failure, name + message(wrong), USAGE, err);
            case ArithmeticException wrong -> say(failure, name + message(wrong), USAGE, err);
            case UncheckedIOException wrong -> say(failure, name + file(wrong.getCause()), USAGE, err);
            case IOException wrong -> say(failure, name + file(wrong), USAGE, err);
            case DeviceException broken -> say(failure, name + message(broken), DEVICE, err);
            case OutOfMemoryError full -> say(failure, name + "out of memory (" + message(full) + "): " + lessMemory(command), DEVICE, err);
            default -> say(
                    failure, name + "internal error: " + failure + (tracing() ? "" : " (" + TRACE + "=1 prints where)"), INTERNAL, err);
        };
    }

    /// Those of the command's options that decide how much is needed.
    private static String lessMemory(CommandLine command) {
        return Stream.of("a smaller --memory-limit", "fewer --examples", "fewer --replicas", "fewer --trajectories")
                .filter(option -> command.getCommandSpec().findOption(option.substring(option.indexOf('-'))) != null)
                .collect(Collectors.collectingAndThen(Collectors.joining(" or "),
                        options -> options.isEmpty() ? "more is needed" : options + " need less"));
    }

    /// Of the standard output, which does not say why it failed.
    static int lostOutput(CommandLine command, PrintWriter err) {
        err.println(
                command.getCommandSpec().qualifiedName() + ": standard output: cannot be written in full: its disk is full, or its reader is gone");
        err.flush();
        return USAGE;
    }

    private static String message(Throwable failure) {
        return Objects.requireNonNullElse(failure.getMessage(), failure.getClass().getSimpleName());
    }

    /// The system's own messages are often the bare name of a file; the engine's say more in the same place.
    private static String file(IOException failure) {
        String message = message(failure);
        boolean bare = failure instanceof FileSystemException system && message.equals(system.getFile()) && !message.contains(": ");
        return !bare ? message : message + ": " + switch (failure) {
            case NoSuchFileException _ -> "no such file";
            case AccessDeniedException _ -> "permission denied";
            default -> failure.getClass().getSimpleName();
        };
    }

    private static int say(Throwable failure, String line, int status, PrintWriter err) {
        err.println(oneLine(line));
        if (tracing()) {
            failure.printStackTrace(err);
        }
        err.flush();
        return status;
    }

    private static boolean tracing() {
        return System.getenv(TRACE) != null;
    }

    /// Line ends become blanks, other control characters (of a file's name, of a file's contents) question marks.
    static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("\\p{Cntrl}", "?");
    }
}
