package io.plumbline.validate;

import io.plumbline.validate.selfcheck.Check;
import io.plumbline.validate.selfcheck.SelfcheckReport;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.Consumer;

/// Prints checks as they are done: a line for each primitive, identity and network, with the check that used up most of its bound and how many there were;
/// under it one for each check that failed. Columns have fixed widths, since nobody knows what is still to come.
final class SelfcheckTable implements Consumer<Check> {
    private static final String LINE = "%-4s %-48s %6s  %9s  %9s  %s%n";

    private final PrintWriter out;
    private final boolean everyCheck;
    private boolean headed;
    private Check worst;
    private StringBuilder failures = new StringBuilder();
    private int checks;
    private int failed;

    /// @param everyCheck a line for each check, not only for the worst
    SelfcheckTable(PrintWriter out, boolean everyCheck) {
        this.out = out;
        this.everyCheck = everyCheck;
    }

    @Override
    public void accept(Check check) {
        if (worst != null
                && !(worst.precision().equals(check.precision()) && worst.subject().equals(check.subject()) && worst.group() == check.group())) {
            endLine();
        }
        checks++;
        failed += check.passed() ? 0 : 1;
        worst = worst == null || worse(check, worst) ? check : worst;
        if (everyCheck || !check.passed()) {
            String name = "  " + check.name() + ", " + check.sizes() + ": ";
            String verdict = check.passed() ? "ok" : "FAILED" + (check.reason() == null ? "" : ", " + Failures.oneLine(check.reason()));
            failures.append("     ").append(name).append(number(check.error())).append(", bound ").append(number(check.bound())).append(", ")
                    .append(verdict)
                    .append(System.lineSeparator());
        }
    }

    private static boolean worse(Check check, Check than) {
        return check.passed() == than.passed() ? check.share() > than.share() : than.passed();
    }

    private void endLine() {
        if (!headed) {
            out.printf(Locale.ROOT, LINE, "", "", "checks", "error", "bound", "");
            headed = true;
        }
        out.printf(Locale.ROOT, LINE, worst.precision(), worst.subject(), checks, number(worst.error()), number(worst.bound()),
                failed == 0 ? "ok" : failed + " FAILED");
        out.print(failures);
        out.flush();
        worst = null;
        failures = new StringBuilder();
        checks = 0;
        failed = 0;
    }

    /// The last line, and the sum.
    void end(SelfcheckReport report) {
        if (worst != null) {
            endLine();
        }
        report.descriptions().forEach(description -> out.println(report.device() + " " + description));
        out.printf(Locale.ROOT, "%s checks, %s failed (%.1f s)%n", Table.count(report.checks()), Table.count(report.failed()),
                report.elapsedSeconds());
    }

    private static String number(Double value) {
        return value == null ? "-" : value == 0 ? "0" : String.format(Locale.ROOT, "%.1e", value);
    }
}
