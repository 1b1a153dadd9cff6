package io.plumbline.validate;

import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.validate.task.Resources;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// What to compute with.
final class ComputeOptions {
    @Mixin
    private DeviceOptions device;

    @Option(
            names = "--memory-limit",
            paramLabel = "SIZE",
            description = "What activations, cotangents and Gram features may take together: 512m, 2g (default: 4g; on a GPU three quarters of its memory that is "
                    + "free at the start). Parameters and data come on top.",
            converter = DeviceOptions.SizeConverter.class)
    private Long memoryLimit;

    @Option(
            names = "--tile",
            paramLabel = "N",
            description = "Examples in a Gram tile, rounded up to a multiple of 32 (default: chosen). Results do not depend on it.",
            defaultValue = "0",
            converter = TileConverter.class,
            showDefaultValue = Visibility.NEVER)
    private int tile;

    @Option(
            names = "--contraction",
            paramLabel = "HOW",
            description = "How parameters enter J J^T: counted (whichever costs fewer multiply-adds and fits the memory), factored (wherever their gradients have "
                    + "factors) or explicit (per-example gradients) (default: ${DEFAULT-VALUE}).",
            defaultValue = "counted",
            converter = ContractionConverter.class)
    private Contraction contraction;

    Resources resources() {
        return device.resources(memoryLimit, tile, contraction);
    }

    /// Reads the value of `--contraction`.
    static final class ContractionConverter implements ITypeConverter<Contraction> {
        @Override
        public Contraction convert(String text) {
            return switch (text) {
                case "counted" -> Contraction.COUNTED;
                case "factored" -> Contraction.FACTORED;
                case "explicit" -> Contraction.EXPLICIT;
                default -> throw new TypeConversionException("found '" + text + "', expected counted, factored or explicit");
            };
        }
    }

    /// Reads the value of `--tile`; 0 is the default's own.
    static final class TileConverter implements ITypeConverter<Integer> {
        @Override
        public Integer convert(String text) {
            try {
                int tile = Integer.parseInt(text);
                if (tile >= 0) {
                    return tile;
                }
            } catch (NumberFormatException malformed) {
                // Reported below, with what was expected.
            }
            throw new TypeConversionException("found '" + text + "', expected a whole number of at least 1");
        }
    }
}
