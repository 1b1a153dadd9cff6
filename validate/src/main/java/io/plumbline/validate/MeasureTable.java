package io.plumbline.validate;

import io.plumbline.derivative.GramPlan;
import io.plumbline.validate.task.MeasureReport;
import io.plumbline.validate.task.MeasureReport.Density;
import io.plumbline.validate.task.MeasureReport.ExamplesDetail;
import io.plumbline.validate.task.Measured;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.stream.Collectors;

/// A [MeasureReport] for people.
final class MeasureTable {
    private static final String NOT_ASKED = "none";
    private static final int SHOWN = 4;

    private MeasureTable() {}

    static void print(MeasureReport report, PrintWriter out) {
        var method = report.method();
        Table.heading(out, method.model(), report.parameters(), report.outputs(), method.data(), report.examples(), report.device(),
                report.precision(),
                method.deviceDescription());
        var table = new Table("lrll").row("figure", "value", "", "method");
        row(table, "loss", report.loss(), "L");
        row(table, "gradient norm", report.gradientNorm(), "|grad L|");
        var alignment = report.alignment();
        row(table, "alpha", alignment.alpha(), "Tr(GS) / (|G| |S|)");
        row(table, "beta", alignment.beta(), "|S| / (2L |G|)");
        row(table, "mu", alignment.mu(), "alpha beta = mu1 - mu2");
        row(table, "mu1", alignment.mu1(), "Tr(S1 G) / (2L |G|^2)");
        row(table, "mu2", alignment.mu2(), "Tr(S2 G) / (2L |G|^2)");
        row(table, "gamma", alignment.gamma(), "min chi_i / mean chi_i");
        row(table, "gamma lambda", alignment.gammaLambda(), "min lambda_min(J_i G J_i^T) / mean chi_i");
        row(table, "Fisher trace", report.fisher().trace(), "Tr G");
        row(table, "Fisher Frobenius norm", report.fisher().frobenius(), "|G|");
        row(table, "Fisher top eigenvalue", report.fisher().topEigenvalue(), "lambda_max(G)");
        row(table, "noise trace", report.noise().trace(), "Tr S");
        row(table, "noise Frobenius norm", report.noise().frobenius(), "|S|");
        row(table, "noise with Fisher", report.noise().traceWithFisher(), "Tr(SG)");
        var hessian = report.hessian();
        if (hessian.trace().value() == null) {
            row(table, "Hessian figures", hessian.trace(), "of H");
        } else {
            row(table, "Hessian trace", hessian.trace(), "Tr H");
            row(table, "Hessian Frobenius norm", hessian.frobenius(), "|H|");
            row(table, "Hessian top eigenvalue", hessian.topEigenvalue(), "lambda_max(H)");
            row(table, "Hessian bottom eigenvalue", hessian.bottomEigenvalue(), "lambda_min(H)");
        }
        table.print(out);
        spectrum(report, out);
        densities(report, out);
        examples(report.examplesDetail(), out);
        walk(report.walk(), out);
        out.println();
        out.println("G = J^T J / n, S = S1 - S2 covariance of SGD's noise at batch size 1, |.| Frobenius norm");
        plan(method, out);
        out.printf("%s s, at most %s resident%n", Table.number(report.elapsedSeconds()), Table.bytes(report.peakBytes()));
    }

    private static void row(Table table, String name, Measured figure, String formula) {
        if (figure.value() != null) {
            String error = figure.probes() == 0 ? "" : " ± " + Table.number(figure.standardError()) + ", " + figure.probes() + " probes";
            table.row(name, Table.number(figure.value()), formula, figure.method() + error);
        } else if (!figure.method().equals(NOT_ASKED)) {
            table.row(name, "undefined", formula, "(" + figure.undefined() + ")");
        }
    }

    private static void spectrum(MeasureReport report, PrintWriter out) {
        var spectrum = report.fisher().spectrum();
        if (spectrum == null || spectrum.values() == null) {
            return;
        }
        double[] values = spectrum.values();
        out.println();
        out.printf("eigenvalues of G: %s of %s may differ from 0; the largest are%n", Table.count(values.length), Table.count(report.parameters()));
        Arrays.stream(values).limit(10).forEach(value -> out.println("  " + Table.number(value)));
    }

    private static void densities(MeasureReport report, PrintWriter out) {
        if (report.density() == null) {
            return;
        }
        out.println();
        var table = new Table("lrrr").row("spectral density", "least node", "largest node", "products");
        density(table, "of H", report.density().hessian());
        density(table, "of G", report.density().fisher());
        density(table, "of S", report.density().noise());
        table.print(out);
    }

    private static void density(Table table, String name, Density density) {
        var nodes = Arrays.stream(density.nodes()).flatMapToDouble(Arrays::stream).summaryStatistics();
        table.row(name, Table.number(nodes.getMin()), Table.number(nodes.getMax()), Table.count(density.products()));
    }

    private static void examples(ExamplesDetail detail, PrintWriter out) {
        if (detail == null) {
            return;
        }
        out.println();
        var table = new Table("lrrr").row("over the examples", "smallest", "mean", "largest");
        range(table, "chi_i", detail.chi());
        range(table, "|grad L_i|", detail.gradientNorm());
        table.print(out);
    }

    private static void walk(MeasureReport.Walk walk, PrintWriter out) {
        if (walk == null) {
            return;
        }
        out.println();
        var table = new Table("llrl").row("example " + walk.example(), "layer", "norm", "values");
        walk.stops().forEach(stop -> table.row(Failures.oneLine(stop.name()), stop.layer(), Table.number(stop.norm()), first(stop.values())));
        table.row("gradient of its loss", "", Table.number(walk.gradientNorm()), "|grad L_i|");
        table.row("chi", "", "", first(new double[] {walk.chi()}));
        table.row("s = sum_j M_ij r_j", "", "", first(walk.gramTimesResidual()));
        table.print(out);
    }

    private static String first(double[] values) {
        String text = Arrays.stream(values).limit(SHOWN).mapToObj(Table::number).collect(Collectors.joining(" "));
        return values.length <= SHOWN ? text : text + " ... (" + Table.count(values.length) + ")";
    }

    private static void range(Table table, String name, double[] values) {
        var summary = Arrays.stream(values).summaryStatistics();
        table.row(name, Table.number(summary.getMin()), Table.number(summary.getAverage()), Table.number(summary.getMax()));
    }

    /// Which parameters' gradients were never formed.
    private static void plan(MeasureReport.Method method, PrintWriter out) {
        long factored = method.gramPlan().stream().filter(GramPlan.Choice::factored).count();
        out.printf(
                "J J^T: %s multiply-adds a pair of examples; %d of %d parameters contracted by factors, %d by per-example gradients%n",
                Table.count(method.gramPairCost()), factored, method.gramPlan().size(), method.gramPlan().size() - factored);
    }
}
