package io.plumbline.validate.figure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.validate.claim.Experiment.Scale;
import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.Phases;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiguresTest {
    @TempDir
    Path folder;

    /// Three seeds of a small linear network: their traces, ends, and thresholds.
    private record Toy(String id) implements PaperFigure {
        @Override
        public String title() {
            return "toy";
        }

        @Override
        public String caption(Setting setting) {
            return "";
        }

        private static Run.Descents descents(Setting setting) {
            return new Subject("linear", "linear:3-3-1", setting.synthetic("gaussian:n=8,d=3"), 0.05, 2, 40, 0).along(setting, 3, 10,
                    Quantity.ALIGNMENT);
        }

        private static Run.Thresholds thresholds(Setting setting) {
            return new Run.Thresholds(descents(setting), 1, List.of(2, 4));
        }

        @Override
        public List<Run> runs(Setting setting) {
            return List.of(descents(setting), thresholds(setting));
        }

        @Override
        public Drawing draw(Setting setting, Runs runs) throws IOException {
            var looks = runs.trace(descents(setting)).of(0);
            double[] steps = looks.stream().mapToDouble(look -> (double) look.step()).toArray();
            double[] losses = looks.stream().mapToDouble(look -> look.loss()).toArray();
            var seeds = Seeds.of(runs.trace(descents(setting)), 3, "alignment.mu");
            var thresholds = runs.thresholds(thresholds(setting)).results();
            return new Drawing(
                    List.of(new Panel("", Axis.linear("t"), Axis.logarithmic("L"), List.of(Curve.line("L", steps, losses)))),
                    List.of(
                            Value.of("mu", "end", seeds.mean(), seeds.error()),
                            Value.exact("eta", "B = 4", thresholds.get(1).criticalLearningRate().value())));
        }
    }

    private static Setting setting(long seed) {
        return new Setting(Scale.QUICK, seed, Resources.defaults(), Setting.SAMPLE, null);
    }

    private List<FigureResult> make(String name, long seed, String... ids) throws IOException {
        List<PaperFigure> figures = Stream.of(ids).<PaperFigure>map(Toy::new).toList();
        return Figures.makeAll(figures, setting(seed), folder.resolve(name), Phases.SILENT, (_, _) -> {});
    }

    /// The same seed draws the same, another one something else.
    @Test
    void theSeedDecides() throws IOException {
        Drawing first = make("a", 1, "toy").getFirst().drawing();
        assertEquals(first, make("b", 1, "toy").getFirst().drawing());
        assertNotEquals(first, make("c", 2, "toy").getFirst().drawing());
        assertEquals(List.of(0.0, 10.0, 20.0, 30.0, 40.0), first.panels().getFirst().curves().getFirst().x());
        assertTrue(first.numbers().getFirst().standardError() > 0);
    }

    /// What is done is not done again: a trace that was changed since is drawn as it is now, a threshold that was removed is computed as before.
    @Test
    void whatIsDoneIsKept() throws IOException {
        Drawing first = make("a", 1, "toy").getFirst().drawing();
        var kept = Toy.descents(setting(1));
        Path trace = folder.resolve("a").resolve(kept.name()).resolve("trace.jsonl");
        double loss = first.panels().getFirst().curves().getFirst().y().getFirst().getFirst();
        Files.writeString(trace, Files.readString(trace).replaceFirst(String.valueOf(loss), "0.0625"));
        Path thresholds = folder.resolve("a").resolve(Toy.thresholds(setting(1)).name()).resolve("result.json");
        Files.delete(thresholds);
        Drawing again = make("a", 1, "toy").getFirst().drawing();
        assertEquals(0.0625, again.panels().getFirst().curves().getFirst().y().getFirst().getFirst());
        assertEquals(first.numbers().getLast(), again.numbers().getLast());
    }

    @Test
    void figuresShareRuns() throws IOException {
        var heard = new ArrayList<String>();
        Figures.makeAll(List.of(new Toy("a"), new Toy("b")), setting(1), folder, Phases.SILENT, (done, total) -> heard.add(done + "/" + total));
        assertEquals(List.of("0/2", "1/2", "2/2", "2/2", "2/2"), heard);
    }

    /// A folder belongs to one run: of all figures, at either scale, runs of one name are one run.
    @Test
    void namesTellRunsApart() {
        for (Scale scale : Scale.values()) {
            var setting = new Setting(scale, 3, Resources.defaults(), "fashion-mnist:somewhere", "cifar-10:elsewhere");
            var named = new HashMap<String, Run>();
            for (PaperFigure figure : Figures.all()) {
                assertFalse(figure.runs(setting).isEmpty());
                assertFalse(figure.caption(setting).isBlank());
                for (Run run : figure.runs(setting)) {
                    Run other = named.putIfAbsent(run.name(), run);
                    assertTrue(other == null || other.equals(run), run.name());
                }
            }
        }
    }

    @Test
    void seedsThatDivergedAreCountedNotAveraged() throws IOException {
        var subject = new Subject("linear", "linear:3-3-1", setting(1).synthetic("gaussian:n=8,d=3"), 2, 1, 200, 0);
        var run = subject.toTheEnd(setting(1), 3, 10, Quantity.ALIGNMENT);
        Seeds seeds = Seeds.of(new Runs(folder, Phases.SILENT).trace(run), 3, "alignment.mu");
        assertEquals(3, seeds.diverged());
        assertTrue(Double.isNaN(seeds.mean()));
    }
}
