package io.plumbline.validate.task;

import io.plumbline.derivative.Progress;

/// Hears which parts long work has, one after the other, and how far each is.
@FunctionalInterface
public interface Phases {
    /// Hears nothing.
    Phases SILENT = name -> Progress.NONE;

    /// A part of the work begins; the one before has ended.
    Progress begin(String name);
}
