package io.plumbline.validate;

import io.plumbline.validate.task.EscapeReport;
import io.plumbline.validate.task.Measured;
import java.io.PrintWriter;

/// An [EscapeReport] for people.
final class EscapeTable {
    private static final int SHOWN = 12;

    private EscapeTable() {}

    static void print(EscapeReport report, PrintWriter out) {
        var method = report.method();
        Table.heading(out, method.model(), report.parameters(), report.outputs(), method.data(), report.examples(), report.device(),
                report.precision(),
                method.deviceDescription());
        out.printf("gradient descent at eta = %s: %s after %s steps, loss %s%n", Table.number(report.learningRate()), report.descent().status(),
                Table.count(report.descent().steps()), value(report.descent().loss()));
        if (report.growth() != null) {
            losses(report.losses(), out);
            figures(report, out);
        }
        out.println();
        out.printf("%s s, at most %s resident%n", Table.number(report.elapsedSeconds()), Table.bytes(report.peakBytes()));
    }

    private static void losses(EscapeReport.Losses losses, PrintWriter out) {
        out.println();
        var table = new Table("rrrrr").row("step", "mean loss", "standard error", "linearised", "median");
        int looks = losses.step().length;
        int shown = Math.min(SHOWN, looks);
        for (int i = 0; i < shown; i++) {
            int look = shown == 1 ? 0 : (int) ((long) i * (looks - 1) / (shown - 1));
            table.row(Table.count(losses.step()[look]), number(losses.mean().get(look)), number(losses.standardError().get(look)),
                    losses.expected() == null ? "" : number(losses.expected().get(look)), number(losses.median().get(look)));
        }
        table.print(out);
    }

    private static void figures(EscapeReport report, PrintWriter out) {
        var growth = report.growth();
        var linearised = report.linearised();
        out.println();
        var growths = new Table("lrl").row("growth a step", "", "");
        row(growths, "mean loss", growth.mean(),
                "over " + growth.looks() + " looks to step " + Table.count(growth.lastStep()) + error(growth.mean()));
        row(growths, "linearised model", growth.expected(), "E[L] by the exact recursion from the same residuals, over the same looks");
        row(growths, "typical trajectory", growth.typical(), "exp of the mean slope of log L" + error(growth.typical()));
        row(growths, "exact operator", linearised.growth(), "its E[L] in the long run");
        row(growths, "gamma0", linearised.gamma0(), "eta^2 q mu0 |H|^2, Theorem 3.5: E[L_t] >= gamma0^t E[L_0]");
        growths.print(out);
        out.println();
        var rates = new Table("lrl")
                .row("eta", Table.number(report.learningRate()), "batch size " + report.batchSize() + ", " + report.sampling() + " replacement");
        row(rates, "critical eta", linearised.criticalLearningRate(), "E[L] stays bounded below it");
        row(rates, "2 / lambda_max", linearised.gdBound(), "gradient descent's");
        rates.print(out);
        out.println();
        out.printf("%s of %s trajectories rose to ten times their first loss, %s diverged%n", Table.count(growth.escaped()),
                Table.count(report.losses().trajectories().size()), Table.count(growth.diverged()));
    }

    /// What the figure is, or why there is none.
    private static void row(Table table, String name, Measured measured, String text) {
        table.row(name, number(measured.value()), measured.value() == null ? measured.undefined() : text);
    }

    private static String error(Measured measured) {
        return measured.value() == null ? "" : ", standard error " + Table.number(measured.standardError());
    }

    private static String value(Measured measured) {
        return measured.value() == null ? "undefined: " + measured.undefined() : Table.number(measured.value());
    }

    private static String number(Double value) {
        return value == null ? "undefined" : Table.number(value);
    }
}
