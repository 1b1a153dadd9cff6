package io.plumbline.validate;

import io.plumbline.derivative.Progress;
import io.plumbline.validate.task.Phases;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import picocli.CommandLine;

/// A progress bar on standard error, if that is a terminal, once a part of the work has lasted a second and is not done; notes are lines there in any case.
final class ConsoleProgress implements Phases, AutoCloseable {
    private static final long PATIENCE_NANOS = 1_000_000_000;
    private static final int INTERVAL_MILLIS = 200;
    private static final int STANDARD_ERROR = 2;

    private final CommandLine command;
    private Boolean terminal;
    private ProgressBar bar;

    /// @param command that does the work
    ConsoleProgress(CommandLine command) {
        this.command = command;
    }

    @Override
    public void note(String line) {
        close();
        command.getErr().println(command.getCommandSpec().qualifiedName() + ": " + Failures.oneLine(line));
        command.getErr().flush();
    }

    @Override
    public Progress begin(String name) {
        close();
        long began = System.nanoTime();
        return (done, total) -> {
            if (bar == null && done < total && System.nanoTime() - began > PATIENCE_NANOS && isTerminal()) {
                bar = new ProgressBarBuilder().setTaskName(name).setInitialMax(total).setUpdateIntervalMillis(INTERVAL_MILLIS)
                        .setStyle(ProgressBarStyle.ASCII).clearDisplayOnFinish().setConsumer(new ConsoleProgressBarConsumer(System.err)).build();
            }
            if (bar != null) {
                bar.maxHint(total);
                bar.stepTo(done);
            }
        };
    }

    /// Asked once, and only by work that is long: Java itself does not say what standard error is.
    private boolean isTerminal() {
        if (terminal == null) {
            terminal = isTerminal(STANDARD_ERROR);
        }
        return terminal;
    }

    private static boolean isTerminal(int descriptor) {
        var linker = Linker.nativeLinker();
        var isatty = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("isatty"), FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
        try {
            return (int) isatty.invokeExact(descriptor) == 1;
        } catch (Throwable failure) {
            throw new IllegalStateException("isatty", failure);
        }
    }

    /// Takes the bar off the screen.
    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
