package io.plumbline.validate;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The command line `plumbline`.
///
/// | exit status | means |
/// |---|---|
/// | 0 | done |
/// | 1 | a claim refuted or a check failed; or an internal error |
/// | 2 | wrong usage or bad input |
/// | 3 | the device failed or has no memory left |
/// | 130 | Ctrl-C |
///
/// Everything but 0 (and a refuted claim) says one line on standard error. Figures go to standard output.
@Command(
        name = "plumbline",
        description = "Measures how SGD's noise aligns with the loss landscape and how flat the minima are that it selects.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        commandListHeading = "%nCommands:%n",
        subcommands = {
            ValidateCommand.class,
            ReportCommand.class,
            MeasureCommand.class,
            ProductCommand.class,
            GramCommand.class,
            TrainCommand.class,
            StabilityCommand.class,
            EscapeCommand.class,
            ParametersCommand.class,
            ExportCommand.class,
            DevicesCommand.class,
            SelfcheckCommand.class,
            BundleCommand.class,
            CompletionCommand.class},
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            "0:done",
            "1:a claim refuted or a check failed, or an internal error",
            "2:wrong usage or bad input: one line on standard error says which",
            "3:the device is not there, failed, or has no memory left",
            "130:interrupted; nothing half-written is left behind"},
        footer = {"", "PLUMBLINE_TRACE=1 in the environment prints the stack trace of an error."})
public final class Main implements Runnable {
    @Spec
    private CommandSpec spec;

    /// Without a command.
    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing, expected one of " + String.join(", ", spec.subcommands().keySet()));
    }

    public static void main(String[] arguments) {
        StandardError.restore();
        var out = new PrintWriter(System.out, true, System.out.charset());
        var err = new PrintWriter(System.err, true, System.err.charset());
        System.exit(run(out, err, arguments));
    }

    /// Runs one command line.
    ///
    /// @param out what standard output is
    /// @param err what standard error is
    /// @return the exit status
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        var line = new CommandLine(new Main()).setOut(out).setErr(err)
                .setParameterExceptionHandler((failure, _) -> Failures.usage(failure, err))
                .setExecutionExceptionHandler((failure, command, _) -> Failures.report(failure, command, err))
                .setExpandAtFiles(false);
        try {
            int status = line.execute(arguments);
            return status == 0 && out.checkError() ? Failures.lostOutput(innermost(line), err) : status;
        } catch (OutOfMemoryError | StackOverflowError | LinkageError failure) {
            return Failures.report(failure, innermost(line), err);
        } finally {
            out.flush();
        }
    }

    private static CommandLine innermost(CommandLine line) {
        var parsed = line.getParseResult();
        while (parsed != null && parsed.hasSubcommand()) {
            parsed = parsed.subcommand();
        }
        return parsed == null ? line : parsed.commandSpec().commandLine();
    }
}
