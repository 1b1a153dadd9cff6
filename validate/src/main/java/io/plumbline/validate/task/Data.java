package io.plumbline.validate.task;

import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.data.Dataset;
import java.io.IOException;
import java.util.List;

/// Examples and their targets.
///
/// @param source   what [DataSource#parse] reads
/// @param examples how many, the first ones; null for all
/// @param classes  labels that are wanted; empty for all
/// @param targets  how labels become targets
/// @param seed     of synthetic data that does not name its own
/// @param padding  black pixels on each side of labelled images
public record Data(String source, Integer examples, List<Integer> classes, DataOptions.Targets targets, long seed, int padding) {
    public Data {
        classes = List.copyOf(classes);
    }

    /// Data as it comes.
    public static Data of(String source) {
        return new Data(source, null, List.of(), DataOptions.Targets.DEFAULT, 0, 0);
    }

    /// Reads or draws it; the caller owns it.
    ///
    /// @throws IOException if a file cannot be read or understood
    /// @throws IllegalArgumentException if it is no data set, or not what is wanted
    public Dataset load() throws IOException {
        return DataSource.parse(source).load(new DataOptions(examples == null ? DataOptions.ALL : examples, classes, targets, seed, padding));
    }
}
