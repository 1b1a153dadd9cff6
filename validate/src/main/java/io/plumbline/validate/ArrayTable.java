package io.plumbline.validate;

import io.plumbline.validate.task.ArrayReport;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.stream.Collectors;

/// An [ArrayReport] for people.
final class ArrayTable {
    private ArrayTable() {}

    static void print(ArrayReport report, PrintWriter out) {
        String shape = Arrays.stream(report.shape()).mapToObj(Table::count).collect(Collectors.joining(" x "));
        out.printf(
                "%s: %s of %s (%s), %s %s, norm %s, in %s s%n",
                report.out(),
                report.operator() == null ? "J J^T" : report.operator(),
                shape,
                report.precision(),
                "computed on",
                report.device(),
                Table.number(report.frobenius()),
                Table.number(report.elapsedSeconds()));
    }
}
