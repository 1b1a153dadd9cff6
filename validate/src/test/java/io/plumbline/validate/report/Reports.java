package io.plumbline.validate.report;

import io.plumbline.validate.claim.ClaimResult;
import io.plumbline.validate.claim.Claims;
import io.plumbline.validate.claim.MeasurementResult;
import io.plumbline.validate.claim.Relation;
import io.plumbline.validate.claim.Verdict;
import io.plumbline.validate.figure.Drawing;
import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Kind;
import io.plumbline.validate.figure.Drawing.Panel;
import java.util.Arrays;
import java.util.List;

/// Reports of nothing that was measured, for what draws them.
final class Reports {
    private Reports() {}

    /// Every claim, with every verdict among them, and a figure with every kind of curve.
    static ValidationReport everything() {
        var verdicts = Verdict.values();
        var claims = Claims.all().stream().map(claim -> {
            Verdict verdict = verdicts[Math.floorMod(claim.id().hashCode(), verdicts.length)];
            var figure = new MeasurementResult("<a> & b", "n < 3", verdict == Verdict.INVALID ? null : 1.25, 0.125, 1.0, Relation.AT_LEAST, 0.0,
                    verdict);
            return ClaimResult.of(claim, List.of(figure), verdict, List.of("because \"</script>\""), 1.5);
        }).toList();
        var environment = new Environment("1", "abc", "25", "Linux", 2, "cpu", "plain & simple", "f32", "images", "others");
        return new ValidationReport(
                ValidationReport.SCHEMA, environment, "quick", 7, claims,
                List.of(new io.plumbline.validate.figure.FigureResult("fig-x", "Title <x>", "caption </script> & more", drawing(), 2.5)), 10);
    }

    static Drawing drawing() {
        var x = List.of(1.0, 2.0, 4.0);
        var markers = new Curve("μ", Kind.MARKERS, x, List.of(List.of(1.0, 3.0, 2.0)), List.of(0.5, 0.25, 0.5));
        var theory = new Curve("theory", Kind.THEORY, x, List.of(List.of(1.0, 2.0, 3.0)), null);
        var bundle = new Curve("all, \"thin\"", Kind.BUNDLE, x, List.of(List.of(1.0, 10.0, 100.0), Arrays.asList(1.0, 0.0, null)), null);
        var mean = new Curve("mean", Kind.LINE, x, List.of(List.of(1.0, 5.0, 50.0)), null);
        return new Drawing(
                List.of(
                        new Panel("first", new Axis("p", true), new Axis("μ", false), List.of(markers, theory)),
                        new Panel("second", new Axis("step", false), new Axis("L", true), List.of(bundle, mean, theory))),
                List.of(new Drawing.Value("L", "FCN", null, 0), new Drawing.Value("μ", "FCN", 0.123456, 0.01)));
    }
}
