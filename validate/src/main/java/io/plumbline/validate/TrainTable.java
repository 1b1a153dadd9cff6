package io.plumbline.validate;

import io.plumbline.validate.task.Measured;
import io.plumbline.validate.task.TrainReport;
import java.io.PrintWriter;

/// A [TrainReport] for people.
final class TrainTable {
    private static final int SHOWN = 20;

    private TrainTable() {}

    static void print(TrainReport report, PrintWriter out) {
        var method = report.method();
        Table.heading(out, method.model(), report.parameters(), report.outputs(), method.data(), report.examples(), report.device(),
                report.precision(),
                method.deviceDescription());
        var table = new Table("rrlrrl").row("replica", "seed", "status", "steps", "loss", "theta");
        report.replicas().stream().limit(SHOWN).forEach(one -> table.row(
                Integer.toString(one.replica()), Long.toString(one.seed()), one.status(), Table.count(one.steps()), loss(one.loss()), one.theta()));
        table.print(out);
        if (report.replicas().size() > SHOWN) {
            out.printf("... and %s more%n", Table.count(report.replicas().size() - SHOWN));
        }
        out.println();
        out.printf("%s: %s after %s steps, mean loss %s%n", report.out(), report.status(), Table.count(report.steps()), loss(report.loss()));
        out.printf("%s s, at most %s resident%n", Table.number(report.elapsedSeconds()), Table.bytes(report.peakBytes()));
    }

    private static String loss(Measured loss) {
        return loss.value() == null ? "undefined" : Table.number(loss.value());
    }
}
