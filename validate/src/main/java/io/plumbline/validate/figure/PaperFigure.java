package io.plumbline.validate.figure;

import java.io.IOException;
import java.util.List;

/// A figure of the paper, or one in its form: what is computed, and what is drawn of it.
interface PaperFigure {
    /// What the command line calls it: `fig-1a`.
    String id();

    /// What it shows, in a line.
    String title();

    /// What exactly is seen, on which models and data.
    String caption(Setting setting);

    /// The work it draws from, in the order in which it is best done.
    List<Run> runs(Setting setting);

    /// Draws it from that work.
    ///
    /// @throws IOException if a run cannot be read or done
    Drawing draw(Setting setting, Runs runs) throws IOException;
}
