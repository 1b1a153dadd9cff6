package io.plumbline.validate;

import io.plumbline.training.Plan;
import io.plumbline.validate.task.TrainRequest.Checkpoints;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// When a run has diverged, and when it is put where it survives.
final class RunOptions {
    @Option(
            names = "--divergence",
            paramLabel = "F",
            description = "A loss of F times the first one is divergence (default: 1e6).",
            defaultValue = "" + Plan.DIVERGENCE,
            showDefaultValue = Visibility.NEVER)
    private double divergence;

    @Option(
            names = "--checkpoint-every",
            paramLabel = "N|Ts",
            description = "Steps, or with an s seconds, between checkpoints (default: 60s).",
            converter = CheckpointsConverter.class)
    private Checkpoints checkpoints = Checkpoints.DEFAULT;

    double divergence() {
        return divergence;
    }

    Checkpoints checkpoints() {
        return checkpoints;
    }

    /// Reads `1000` or `30s`.
    static final class CheckpointsConverter implements ITypeConverter<Checkpoints> {
        @Override
        public Checkpoints convert(String text) {
            try {
                return text.endsWith("s")
                        ? new Checkpoints(null, Double.valueOf(text.substring(0, text.length() - 1)))
                        : new Checkpoints(Long.valueOf(text), null);
            } catch (NumberFormatException malformed) {
                throw new TypeConversionException("found '" + text + "', expected a number of steps, or of seconds as in 30s");
            }
        }
    }
}
