package io.plumbline.validate;

import io.plumbline.backend.Arithmetic;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.memory.Precision;
import io.plumbline.validate.task.Device;
import io.plumbline.validate.task.Resources;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// Where to compute, and how exactly.
final class DeviceOptions {
    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "auto, cuda, cpu or reference (default: ${DEFAULT-VALUE}: cuda if one works, else cpu).",
            defaultValue = "auto",
            converter = DeviceConverter.class)
    private Device device;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "f32 or f64 (default: f32, and both for selfcheck; reference: f64 only); cuda also tf32: f32 with products of matrices on tensor cores, "
                    + "which round factors to 11 bits. Then results may depend on --tile, and J J^T may have negative eigenvalues.",
            converter = ArithmeticConverter.class)
    private Arithmetic precision;

    @Option(names = "--threads", paramLabel = "N",
            description = "Threads of the CPU to compute with (default: one for each core). Results do not depend on it. Not with --device cuda.")
    private Integer threads;

    @Option(
            names = "--device-memory-limit",
            paramLabel = "SIZE",
            description = "What plumbline may hold in a GPU's memory in all: 512m, 2g (default: what is free there). A pass that does not fit begins again with "
                    + "smaller tiles, and says so; results do not depend on it.",
            converter = SizeConverter.class)
    private Long deviceMemoryLimit;

    /// Everything else chosen by the engine.
    Resources resources() {
        Resources defaults = Resources.defaults();
        return resources(defaults.memoryLimitBytes(), defaults.tileExamples(), defaults.contraction());
    }

    /// With these limits.
    Resources resources(Long memoryLimitBytes, int tileExamples, Contraction contraction) {
        return new Resources(device, precision, threads, memoryLimitBytes, deviceMemoryLimit, tileExamples, contraction);
    }

    /// Reads the value of `--device`.
    static final class DeviceConverter implements ITypeConverter<Device> {
        @Override
        public Device convert(String text) {
            for (Device value : Device.values()) {
                if (value.toString().equals(text)) {
                    return value;
                }
            }
            throw new TypeConversionException("found '" + text + "', expected one of "
                    + Arrays.stream(Device.values()).map(Device::toString).collect(Collectors.joining(", ")));
        }
    }

    /// Reads the value of `--precision` of what computes.
    static final class ArithmeticConverter implements ITypeConverter<Arithmetic> {
        @Override
        public Arithmetic convert(String text) {
            for (Arithmetic value : Arithmetic.values()) {
                if (value.label().equals(text)) {
                    return value;
                }
            }
            throw new TypeConversionException("found '" + text + "', expected f32, f64 or tf32");
        }
    }

    /// Reads the value of `--precision` of what is written.
    static final class PrecisionConverter implements ITypeConverter<Precision> {
        @Override
        public Precision convert(String text) {
            return switch (text) {
                case "f32" -> Precision.F32;
                case "f64" -> Precision.F64;
                default -> throw new TypeConversionException("found '" + text + "', expected f32 or f64");
            };
        }
    }

    /// Reads `512m`: a number and a unit, powers of 1,024.
    static final class SizeConverter implements ITypeConverter<Long> {
        private static final Pattern SIZE = Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)([kmgt]?)(?:i?b)?");
        private static final String UNITS = "kmgt";

        @Override
        public Long convert(String text) {
            Matcher matcher = SIZE.matcher(text.toLowerCase(Locale.ROOT));
            if (matcher.matches()) {
                int power = matcher.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(matcher.group(2));
                double bytes = Math.scalb(Double.parseDouble(matcher.group(1)), 10 * power);
                if (bytes >= 1 && bytes < Long.MAX_VALUE) {
                    return (long) bytes;
                }
            }
            throw new TypeConversionException("found '" + text + "', expected a size such as 512m or 2g");
        }
    }
}
