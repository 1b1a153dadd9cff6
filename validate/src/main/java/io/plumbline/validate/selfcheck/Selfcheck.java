package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.Backend;
import io.plumbline.validate.task.Device;
import io.plumbline.validate.task.Resources;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// Checks what a device computes.
public final class Selfcheck {
    private static final double NANOS = 1e9;

    private Selfcheck() {}

    /// Checks the device of `resources`, in its precision or, where it names none, in each that the device has.
    ///
    /// @param selection of the checks that are made
    /// @param listener  hears each check as soon as it is done
    /// @throws io.plumbline.backend.DeviceException if the device is not there
    /// @throws IllegalArgumentException             if no subject has one of the names selected
    public static SelfcheckReport of(Resources resources, Selection selection, Consumer<Check> listener) {
        long started = System.nanoTime();
        var checks = new ArrayList<Check>();
        var descriptions = new ArrayList<String>();
        String name = null;
        for (Arithmetic precision : precisions(resources)) {
            try (Backend device = resources.in(precision, resources.threads()).open();
                    Backend other = other(resources, precision, device)) {
                name = device.name();
                descriptions.add(precision.label() + ": " + device.description());
                run(new Subject(device, other), selection, check -> {
                    checks.add(check);
                    listener.accept(check);
                });
            }
        }
        if (checks.isEmpty() && !selection.subjects().isEmpty()) {
            throw new IllegalArgumentException(
                    "only: found " + String.join(",", selection.subjects()) + ", expected a part of a name that `selfcheck` prints");
        }
        int failed = (int) checks.stream().filter(check -> !check.passed()).count();
        return new SelfcheckReport(SelfcheckReport.SCHEMA, name, descriptions, (System.nanoTime() - started) / NANOS, checks.size(), failed, checks);
    }

    private static List<Arithmetic> precisions(Resources resources) {
        if (resources.precision() == Arithmetic.TF32) {
            throw new IllegalArgumentException(
                    "precision: found tf32, expected f32 or f64: bounds are counted for sums and products in one precision");
        }
        if (resources.precision() != null) {
            return List.of(resources.precision());
        }
        return resources.device() == Device.REFERENCE ? List.of(Arithmetic.F64) : List.of(Arithmetic.F32, Arithmetic.F64);
    }

    /// The CPU on 1 thread, or on 2 if it has 1; null for devices that have no other number.
    private static Backend other(Resources resources, Arithmetic precision, Backend device) {
        return !device.name().equals(Device.CPU.toString()) ? null : resources.in(precision, device.threads() > 1 ? 1 : 2).open();
    }

    /// The checks of one device in its precision. The reference has nothing to be held against but itself: no check of primitives.
    private static void run(Subject subject, Selection selection, Consumer<Check> listener) {
        if (selection.groups().contains(Group.PRIMITIVES) && !subject.isReference()) {
            run(subject, primitives().filter(selection::has), listener);
            if (LinearDescentCases.has(subject)) {
                run(subject, LinearDescentCases.all().filter(selection::has), listener);
            }
        }
        if (selection.groups().contains(Group.IDENTITIES)) {
            run(subject, Identities.all().filter(selection::has), listener);
        }
        if (selection.groups().contains(Group.DERIVATIVES)) {
            run(subject, Networks.all().flatMap(problem -> Derivatives.of(problem, subject)).filter(selection::has), listener);
            if (!subject.isReference()) {
                run(subject, DescentCases.all().filter(selection::has), listener);
            }
        }
    }

    /// Every primitive in every form and size.
    static Stream<Item> primitives() {
        return Stream.of(MemoryCases.all(), PrimitiveCases.all().map(Case::item), WindowCases.all().map(Case::item), GramCases.all())
                .flatMap(items -> items);
    }

    /// What a check throws is why it failed; the others go on.
    static void run(Subject subject, Stream<Item> items, Consumer<Check> listener) {
        items.forEachOrdered(item -> {
            Deviation deviation;
            try {
                deviation = item.trial().run(subject);
            } catch (RuntimeException | AssertionError | LinkageError thrown) {
                String message = Objects.requireNonNullElse(thrown.getMessage(), "no message");
                deviation = new Deviation(Double.NaN, Double.NaN, thrown.getClass().getSimpleName() + ": " + message);
            }
            listener.accept(Check.of(subject.precision().label(), item, deviation));
        });
    }
}
