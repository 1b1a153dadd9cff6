package io.plumbline.validate;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `plumbline completion`.
@Command(
        name = "completion",
        description = {
            "Prints a script that completes plumbline's commands and options in bash and zsh:",
            "",
            "  source <(plumbline completion)",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class CompletionCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        var out = spec.commandLine().getOut();
        out.print(AutoComplete.bash("plumbline", spec.root().commandLine()));
        out.flush();
        return 0;
    }
}
