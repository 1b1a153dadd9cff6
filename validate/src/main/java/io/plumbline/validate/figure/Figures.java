package io.plumbline.validate.figure;

import io.plumbline.validate.task.Phases;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;

/// The register of figures.
public final class Figures {
    private static final Map<String, PaperFigure> REGISTER = register(
            AlongTraining.alignment(), new AlignmentAgainstSize(), AlongTraining.uniformity(), new FlatnessAgainstSize(), new BoundAlongTraining(),
            new Escapes(), new LargeNetworks(), new Tightness(), Protocol.fullyConnected(), Protocol.vgg());
    private static final double NANOS = 1e9;

    private Figures() {}

    private static Map<String, PaperFigure> register(PaperFigure... figures) {
        var register = new LinkedHashMap<String, PaperFigure>();
        for (PaperFigure figure : figures) {
            register.put(figure.id(), figure);
        }
        return register;
    }

    /// All ids in the register's order.
    public static List<String> ids() {
        return List.copyOf(REGISTER.keySet());
    }

    /// What the figure `id` shows, in a line.
    public static String title(String id) {
        return REGISTER.get(id).title();
    }

    /// Hears how far the work has come.
    @FunctionalInterface
    public interface Listener {
        /// So many of all runs are done.
        void at(int done, int total);
    }

    /// Makes the figures with these ids, each once, in the register's order. Runs go into `folder`: one of each, and they are found again there.
    ///
    /// @throws IOException if a file cannot be read or written
    /// @throws IllegalArgumentException if the data do not fit, or `folder` holds something else
    public static List<FigureResult> make(List<String> ids, Setting setting, Path folder, Phases phases, Listener listener) throws IOException {
        return makeAll(REGISTER.values().stream().filter(figure -> ids.contains(figure.id())).toList(), setting, folder, phases, listener);
    }

    static List<FigureResult> makeAll(List<PaperFigure> figures, Setting setting, Path folder, Phases phases, Listener listener) throws IOException {
        var all = new LinkedHashSet<Run>();
        figures.forEach(figure -> all.addAll(figure.runs(setting)));
        var runs = new Runs(folder, phases);
        var done = new LinkedHashSet<Run>();
        var results = new ArrayList<FigureResult>();
        listener.at(0, all.size());
        for (PaperFigure figure : figures) {
            long from = System.nanoTime();
            for (Run run : figure.runs(setting)) {
                runs.perform(run);
                done.add(run);
                listener.at(done.size(), all.size());
            }
            Drawing drawing = figure.draw(setting, runs);
            results.add(new FigureResult(figure.id(), figure.title(), figure.caption(setting), drawing, (System.nanoTime() - from) / NANOS));
        }
        return results;
    }

    /// The register.
    static List<PaperFigure> all() {
        return List.copyOf(REGISTER.values());
    }
}
