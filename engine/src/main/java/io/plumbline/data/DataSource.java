package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/// Where a data set comes from, as plain data: what the command line's DATA argument says. [#parse] and `toString` are inverse.
public sealed interface DataSource {
    /// What [#parse] accepts.
    String GRAMMAR = "FILE.npz | fashion-mnist:DIR[,split=test] | fashion-mnist-sample | cifar-10:DIR[,split=test] | "
            + "gaussian:n=N,d=D[,k=K][,exponent=A][,teacher=S][,noise=S][,seed=I] | sphere:n=N,d=D[,k=K][,radius=R][,teacher=S][,noise=S][,seed=I]";

    /// The data set, which the caller owns.
    ///
    /// @throws MalformedFileException if a file is not what its format says
    /// @throws IOException if a file cannot be read
    /// @throws IllegalArgumentException if what is there makes no data set (see [Dataset#of]) or is not what `options` want
    Dataset load(DataOptions options) throws IOException;

    /// Reads DATA.
    ///
    /// @throws IllegalArgumentException if it does not follow [#GRAMMAR]
    static DataSource parse(String data) {
        return DataGrammar.parse(data);
    }

    /// An .npz file with the arrays x (n, …) and y (n) or (n, K), of any type that [Npy] reads; values as they are.
    ///
    /// y holds real targets, whatever its type, unless options name classes or a form of targets: then y (n) or (n, 1) holds class labels, whole
    /// numbers, and the classes are the named ones or else all that are there, ascending.
    record NpzFile(Path file) implements DataSource {
        @Override
        public Dataset load(DataOptions options) throws IOException {
            options.requireNoPadding(toString());
            Npz archive = Npz.open(file);
            try {
                NdArray x = archive.read("x");
                NdArray y = archive.read("y");
                Dataset.checkShapes(archive.name(), x.shape(), x.size(), y.shape(), y.size());
                return options.wantsClasses() ? classes(archive, x, y, options) : targets(archive, x, y, options);
            } catch (Throwable failure) {
                archive.close();
                throw failure;
            }
        }

        /// Borrows the archive's own pages where it can; the data set then owns the archive.
        private static Dataset targets(Npz archive, NdArray x, NdArray y, DataOptions options) {
            int count = options.count(archive.name(), x.shape()[0]);
            HostBuffer firstX = x.values().slice(0, x.size() / x.shape()[0] * count);
            HostBuffer firstY = y.values().slice(0, y.size() / y.shape()[0] * count);
            return Dataset.of(archive.name(), withFirst(x.shape(), count), firstX, withFirst(y.shape(), count), firstY, archive);
        }

        private static Dataset classes(Npz archive, NdArray x, NdArray y, DataOptions options) {
            Labels chosen = Labels.choose(archive.name(), labels(archive.name(), y), List.of(), options);
            HostBuffer all = x.values();
            HostBuffer kept = HostBuffer.allocate(all.precision(), x.size() / x.shape()[0] * chosen.count());
            long width = x.size() / x.shape()[0];
            for (int i = 0; i < chosen.count(); i++) {
                kept.slice(i * width, width).copyFrom(all.slice(chosen.chosen()[i] * width, width));
            }
            Dataset data = Dataset.of(
                    archive.name(), withFirst(x.shape(), chosen.count()), kept, new long[] {chosen.count(), chosen.outputs()},
                    chosen.targets(all.precision()));
            archive.close();
            return data;
        }

        private static int[] labels(String name, NdArray y) {
            if (y.size() != y.shape()[0]) {
                throw new IllegalArgumentException(name + ": y has shape " + Dataset.shapeText(y.shape()) + ", expected one class label an example");
            }
            int[] labels = new int[(int) y.size()];
            for (int i = 0; i < labels.length; i++) {
                double label = y.get(i);
                labels[i] = (int) label;
                if (labels[i] != label) {
                    throw new IllegalArgumentException(name + ": y[" + i + "] is " + label + ", expected a whole number as class label");
                }
            }
            return labels;
        }

        private static long[] withFirst(long[] shape, int count) {
            long[] changed = shape.clone();
            changed[0] = count;
            return changed;
        }

        @Override
        public String toString() {
            return file.toString();
        }
    }

    /// The Fashion-MNIST images of IDX files, gzipped or not, in a folder: the training set, or the test set. Example shape (1, 28, 28), bytes v as
    /// v/255 in f32, one-hot targets unless options say otherwise.
    record FashionMnistFolder(Path folder, boolean test) implements DataSource {
        @Override
        public Dataset load(DataOptions options) throws IOException {
            return FashionMnist.read(folder, test, options);
        }

        @Override
        public String toString() {
            return "fashion-mnist:" + folder + (test ? ",split=test" : "");
        }
    }

    /// The first 1,000 training images of Fashion-MNIST, which come with this library; otherwise as [FashionMnistFolder].
    record FashionMnistSample() implements DataSource {
        @Override
        public Dataset load(DataOptions options) throws IOException {
            return FashionMnist.sample(options);
        }

        @Override
        public String toString() {
            return FashionMnist.SAMPLE_NAME;
        }
    }

    /// The CIFAR-10 images of the binary version's files in a folder: data_batch_1.bin to data_batch_5.bin, or test_batch.bin; or of one such file.
    /// Example shape (3, 32, 32), bytes v as v/255 in f32, one-hot targets unless options say otherwise.
    record Cifar10Folder(Path folder, boolean test) implements DataSource {
        @Override
        public Dataset load(DataOptions options) throws IOException {
            return Cifar10.read(folder, test, options);
        }

        @Override
        public String toString() {
            return "cifar-10:" + folder + (test ? ",split=test" : "");
        }
    }

    /// x_i ~ N(0, diag(1, 2^−a, …, d^−a)) with a = `exponent`, in double, labelled by a [LinearTeacher].
    record GaussianInputs(int examples, int dimension, double exponent, Labelling labelling) implements DataSource {
        public GaussianInputs {
            labelling.checkSize("gaussian", examples, dimension);
            GaussianLaw.powerLaw(1, exponent);
        }

        @Override
        public Dataset load(DataOptions options) {
            return labelling.draw(toString(), dimension, () -> GaussianLaw.powerLaw(dimension, exponent), examples, options);
        }

        @Override
        public String toString() {
            return "gaussian:n=" + examples + ",d=" + dimension + ",k=" + labelling.outputs() + ",exponent=" + exponent + labelling.text();
        }
    }

    /// x_i uniform on the sphere of radius r in R^d, in double, labelled by a [LinearTeacher].
    record SphereInputs(int examples, int dimension, double radius, Labelling labelling) implements DataSource {
        public SphereInputs {
            labelling.checkSize("sphere", examples, dimension);
            new SphereLaw(dimension, radius);
        }

        @Override
        public Dataset load(DataOptions options) {
            return labelling.draw(toString(), dimension, () -> new SphereLaw(dimension, radius), examples, options);
        }

        @Override
        public String toString() {
            return "sphere:n=" + examples + ",d=" + dimension + ",k=" + labelling.outputs() + ",radius=" + radius + labelling.text();
        }
    }

    /// How synthetic inputs are labelled: y = Wᵀx + σε, W_jk ~ N(0, S²/d), of the streams `data.x`, `data.teacher` and `data.noise` of one seed.
    ///
    /// @param outputs K
    /// @param teacher S; 0 for labels of noise alone
    /// @param noise σ
    /// @param seed null for that of the options
    record Labelling(int outputs, double teacher, double noise, Long seed) {
        public Labelling {
            if (outputs < 1) {
                throw new IllegalArgumentException("data: k is " + outputs + ", expected at least 1");
            }
            requireScale("teacher", teacher);
            requireScale("noise", noise);
        }

        private static void requireScale(String field, double value) {
            if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("data: " + field + " is " + value + ", expected a finite number of at least 0");
            }
        }

        private void checkSize(String law, int examples, int dimension) {
            if (examples < 1 || dimension < 1) {
                throw new IllegalArgumentException(law + ": n is " + examples + " and d is " + dimension + ", expected at least 1");
            }
            if ((long) dimension * outputs > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(law + ": d is " + dimension + " and k is " + outputs + ", expected a product below 2^31");
            }
        }

        private Dataset draw(String name, int dimension, Supplier<InputLaw> law, int available, DataOptions options) {
            options.requireNoPadding(name);
            if (options.wantsClasses()) {
                throw new IllegalArgumentException(name + ": has real targets, no classes to choose or encode");
            }
            int n = options.count(name, available);
            long drawn = seed == null ? options.seed() : seed;
            HostBuffer x = null;
            HostBuffer y = null;
            try {
                x = HostBuffer.allocate(Precision.F64, (long) n * dimension);
                y = HostBuffer.allocate(Precision.F64, (long) n * outputs);
                law.get().fill(new Philox(drawn, "data.x"), x);
                LinearTeacher.draw(new Philox(drawn, "data.teacher"), dimension, outputs, teacher)
                        .label(x, new Philox(drawn, "data.noise"), noise, y);
            } catch (OutOfMemoryError none) {
                close(x);
                close(y);
                throw new IllegalArgumentException(
                        name + ": " + n + " examples of " + dimension + " + " + outputs + " doubles do not fit into the memory that is there", none);
            }
            return Dataset.of(name, new long[] {n, dimension}, x, new long[] {n, outputs}, y);
        }

        private static void close(HostBuffer buffer) {
            if (buffer != null) {
                buffer.close();
            }
        }

        /// Its part of DATA.
        private String text() {
            return ",teacher=" + teacher + ",noise=" + noise + (seed == null ? "" : ",seed=" + seed);
        }
    }
}
