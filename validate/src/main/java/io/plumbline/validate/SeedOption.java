package io.plumbline.validate;

import picocli.CommandLine.Option;

/// The seed of all that is random.
final class SeedOption {
    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Of initialisation, synthetic data and probes; the same seed gives the same numbers everywhere (default: ${DEFAULT-VALUE}).",
            defaultValue = "0")
    private long seed;

    long seed() {
        return seed;
    }
}
