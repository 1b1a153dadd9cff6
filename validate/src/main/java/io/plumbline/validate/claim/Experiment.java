package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Objects;

/// What the claims are tried with. The same experiment gives the same numbers.
///
/// @param backend  computes whatever the engine is asked for; borrowed
/// @param scale    how large and how often
/// @param seed     of all random numbers; each purpose has its own stream
/// @param images   labelled real images with classes 0 to 9
/// @param progress hears trials done and trials in all
public record Experiment(Backend backend, Scale scale, long seed, Images images, Progress progress) {
    /// Ten-class labelled images.
    @FunctionalInterface
    public interface Images {
        /// The wanted part, which the caller owns.
        Dataset load(DataOptions options) throws IOException;
    }

    /// How much work an experiment may be.
    public enum Scale {
        /// All claims within a minute on two cores.
        QUICK,
        /// Larger networks and samples, more batch sizes, more replicas: minutes.
        FULL;

        /// The name on the command line and in reports.
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }

        /// `quick` or `full`, whichever this is.
        public <T> T choose(T quick, T full) {
            return this == QUICK ? quick : full;
        }
    }

    public Experiment {
        Objects.requireNonNull(backend, "backend");
        Objects.requireNonNull(scale, "scale");
        Objects.requireNonNull(images, "images");
        Objects.requireNonNull(progress, "progress");
    }

    /// With the 1,000 images of Fashion-MNIST that come with the engine.
    public static Experiment of(Backend backend, Scale scale, long seed, Progress progress) {
        return new Experiment(backend, scale, seed, new DataSource.FashionMnistSample()::load, progress);
    }

    /// A backend of doubles, for what no lower precision decides; the caller closes it.
    Backend doubles() {
        return backend instanceof ReferenceBackend ? new ReferenceBackend() : CpuBackend.create(Precision.F64, backend.threads());
    }

    /// The random numbers for `purpose`.
    Philox random(String purpose) {
        return new Philox(seed, purpose);
    }

    /// The same with another seed.
    Experiment withSeed(long other) {
        return new Experiment(backend, scale, other, images, progress);
    }

    /// The seed of replica `number` of those for `purpose`.
    long seed(String purpose, int number) {
        return (seed ^ Philox.stream(purpose)) + number;
    }

    /// Synthetic data, as the command line's DATA argument describes it.
    Dataset synthetic(String data) {
        try {
            return DataSource.parse(data).load(DataOptions.defaults().withSeed(seed));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// Images of all ten classes with one-hot targets (K = 10), at most `most` of them: the caller closes it.
    Dataset tenClasses(int most) {
        return first(DataOptions.defaults().withTargets(DataOptions.Targets.ONE_HOT), most);
    }

    /// Images of the first two classes with targets −1 and +1 (K = 1), at most `most` of them: the caller closes it.
    Dataset twoClasses(int most) {
        return first(DataOptions.defaults().withClasses(0, 1).withTargets(DataOptions.Targets.PLUS_MINUS), most);
    }

    private Dataset first(DataOptions options, int most) {
        try {
            Dataset all = images.load(options);
            if (all.examples() <= most) {
                return all;
            }
            all.close();
            return images.load(options.withExamples(most));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The command that repeats `claim` with these numbers.
    String rerun(String claim) {
        return "plumbline validate " + claim + " --scale " + scale.label() + " --seed " + seed + " --device " + backend.name() + " --precision "
                + backend.arithmetic().label();
    }
}
