package io.plumbline.validate.task;

import io.plumbline.derivative.Progress;
import java.util.function.UnaryOperator;

/// Hears which parts long work has, one after the other, and how far each is.
@FunctionalInterface
public interface Phases {
    /// Hears nothing.
    Phases SILENT = name -> Progress.NONE;

    /// A part of the work begins; the one before has ended.
    Progress begin(String name);

    /// Something happened on the way that people ought to know, in one line. Not an error.
    default void note(String line) {}

    /// The same with other names for its parts.
    default Phases renamed(UnaryOperator<String> name) {
        var all = this;
        return new Phases() {
            @Override
            public Progress begin(String part) {
                return all.begin(name.apply(part));
            }

            @Override
            public void note(String line) {
                all.note(line);
            }
        };
    }
}
