package io.plumbline.validate;

import io.plumbline.validate.task.Measured;
import io.plumbline.validate.task.StabilityReport;
import io.plumbline.validate.task.StabilityReport.Result;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;

/// A [StabilityReport] for people.
final class StabilityTable {
    private StabilityTable() {}

    static void print(StabilityReport report, PrintWriter out) {
        var loss = report.loss();
        new Table("ll")
                .row("problem",
                        "n = " + Table.count(report.examples()) + " examples, K = " + report.outputs() + ", M of rank " + Table.count(report.rank())
                                + (report.parameters() == null ? "" : ", p = " + Table.count(report.parameters()) + " parameters"))
                .row("sampling", report.sampling() + " replacement")
                .row("device", report.device() + ", " + report.precision() + " gradients, the rest in f64")
                .row("loss L", (loss.value() == null ? "undefined: " + loss.undefined() : Table.number(loss.value()))
                        + "; the linearisation is that of a global minimum, L = 0")
                .row("Tr H, |H|, l1",
                        Table.number(report.hessian().trace().value()) + ", " + Table.number(report.hessian().frobenius().value()) + ", "
                                + Table.number(report.hessian().topEigenvalue().value()))
                .row("inf mu, inf mu1", Table.number(report.alignment().mu0().value()) + ", " + Table.number(report.alignment().mu1().value()))
                .print(out);
        out.println();
        var reasons = new LinkedHashMap<String, String>();
        var table = new Table("rrrrrrrr").row("B", "q", "eta*", "mean field", "2/l1", "theorem 3.3", "prop. 3.4", "trace");
        for (Result result : report.results()) {
            table.row(
                    Integer.toString(result.batchSize()),
                    Table.number(result.noiseScale()),
                    Table.number(result.criticalLearningRate().value()),
                    cell(result.meanField(), "mean field", result, reasons),
                    cell(result.gdBound(), "2/l1", result, reasons),
                    cell(result.theorem33Bound(), "theorem 3.3", result, reasons),
                    cell(result.proposition34Bound(), "prop. 3.4", result, reasons),
                    cell(result.traceBound(), "trace", result, reasons));
        }
        table.print(out);
        out.println();
        for (Map.Entry<String, String> reason : reasons.entrySet()) {
            out.println(reason.getKey() + ": undefined: " + reason.getValue());
        }
        out.println(
                "eta* the largest stable learning rate; the others, solved for it, are not below. q noise scale, H = G, |.| Frobenius norm, l1 top eigenvalue");
        double worst = report.results().stream().mapToDouble(Result::residual).max().orElseThrow();
        out.printf("residual of eta*'s eigenvector at most %s; %s s, at most %s resident%n", Table.number(worst),
                Table.number(report.elapsedSeconds()),
                Table.bytes(report.peakBytes()));
    }

    /// The number, or that there is none; why is said below the table.
    private static String cell(Measured figure, String name, Result result, Map<String, String> reasons) {
        if (figure.value() != null) {
            return Table.number(figure.value());
        }
        reasons.put(name + ", B = " + result.batchSize(), figure.undefined());
        return "undefined";
    }
}
