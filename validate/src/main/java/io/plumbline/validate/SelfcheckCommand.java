package io.plumbline.validate;

import io.plumbline.validate.selfcheck.Group;
import io.plumbline.validate.selfcheck.Selection;
import io.plumbline.validate.selfcheck.Selfcheck;
import io.plumbline.validate.task.Resources;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `plumbline selfcheck`.
@Command(
        name = "selfcheck",
        description = {
            "Checks the device on this machine: every primitive, and the derivatives, figures and descents of small networks, against the reference, "
                    + "each with its error and a bound for it, in f32 and f64 (or the precision named). With --device reference: derivatives against "
                    + "finite differences and each other. Exit status 1 if a check fails.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class SelfcheckCommand implements Callable<Integer> {
    private static final int FAILED = 1;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--group",
            paramLabel = "GROUP",
            split = ",",
            description = "Only these: primitives, identities, derivatives (default: all).",
            converter = GroupConverter.class)
    private List<Group> groups;

    @Option(
            names = "--only",
            paramLabel = "TEXT",
            split = ",",
            description = "Only primitives, identities and networks whose names contain one of these, such as gram or resnet.")
    private List<String> only = List.of();

    @Option(names = "--every-check", description = "A line for each check, not only for the worst of each primitive and network.")
    private boolean everyCheck;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        Resources resources = device.resources();
        PrintWriter out = spec.commandLine().getOut();
        int[] failed = new int[1];
        SelfcheckTable table = output.isForPeople() ? new SelfcheckTable(out, everyCheck) : null;
        output.report(out, () -> {
            var selection = new Selection(groups == null ? Set.of(Group.values()) : Set.copyOf(groups), only);
            var report = Selfcheck.of(resources, selection, table == null ? _ -> {} : table);
            failed[0] = report.failed();
            return report;
        }, (report, _) -> table.end(report));
        return failed[0] > 0 ? FAILED : 0;
    }

    /// Reads the values of `--group`.
    static final class GroupConverter implements ITypeConverter<Group> {
        @Override
        public Group convert(String text) {
            for (Group group : Group.values()) {
                if (group.toString().equals(text)) {
                    return group;
                }
            }
            throw new TypeConversionException("found '" + text + "', expected primitives, identities or derivatives");
        }
    }
}
