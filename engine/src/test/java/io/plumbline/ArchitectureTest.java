package io.plumbline;

import static com.tngtech.archunit.base.DescribedPredicate.equalTo;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.plumbline.backend.DeviceMemoryException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// The engine is a house of floors: a package imports only the floors below its own. Each rule is also shown a house built wrong
/// (`io.plumbline.crooked`) and must find its fault there.
class ArchitectureTest {
    /// From the ground up; packages named together share a floor and do not know each other.
    private static final List<List<String>> FLOORS = List.of(
            List.of("memory"),
            List.of("data"),
            List.of("backend"),
            List.of("layer"),
            List.of("network"),
            List.of("derivative"),
            List.of("alignment", "flatness"),
            List.of("training"),
            List.of("stability"));

    private static final JavaClasses ENGINE = new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.plumbline");
    private static final JavaClasses CROOKED = new ClassFileImporter().importPackages("io.plumbline.crooked");

    @TestFactory
    Stream<DynamicTest> everyPackageImportsOnlyTheFloorsBelow() {
        return floors("io.plumbline").stream().map(rule -> DynamicTest.dynamicTest(rule.getDescription(), () -> rule.check(ENGINE)));
    }

    @Test
    void everyClassStandsOnAFloor() {
        var known = FLOORS.stream().flatMap(List::stream).map(room -> "io.plumbline." + room + "..").toArray(String[]::new);
        classes().should().resideInAnyPackage(known).check(ENGINE);
        assertTrue(ENGINE.size() > 0, "no class of the engine was read");
    }

    @Test
    void onlyMemoryAndBackendKnowTheDevice() {
        noClasses().that(not(resideInAnyPackage("io.plumbline.memory..", "io.plumbline.backend..")))
                .should().dependOnClassesThat().resideInAPackage("jcuda..").check(ENGINE);
    }

    /// Whoever catches it begins again: it says that a call of the backend left nothing behind, which nobody else knows.
    @Test
    void onlyTheDeviceRunsOutOfItsMemory() {
        noClasses().that(not(resideInAPackage("io.plumbline.backend.cuda..")))
                .should().callConstructor(DeviceMemoryException.class, String.class, Throwable.class).check(ENGINE);
    }

    @Test
    void exceptionsHaveNames() {
        NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS.check(ENGINE);
        assertEquals(List.of("Careless"), faulty(NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS));
    }

    @Test
    void aLibraryPrintsNothing() {
        NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS.check(ENGINE);
        assertEquals(List.of("Careless"), faulty(NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS));
    }

    @Test
    void lookingUpAndLookingAsideAreFound() {
        var found = floors("io.plumbline.crooked").stream().flatMap(rule -> faulty(rule).stream()).toList();
        assertEquals(List.of("LooksUp", "LooksAside"), found);
    }

    /// One rule a package: no class in it knows its own floor's other packages, or a floor above.
    private static List<ArchRule> floors(String root) {
        var rules = new ArrayList<ArchRule>();
        for (int floor = 0; floor < FLOORS.size(); floor++) {
            for (String room : FLOORS.get(floor)) {
                var forbidden = FLOORS.subList(floor, FLOORS.size()).stream().flatMap(List::stream).filter(other -> !other.equals(room)).toList();
                if (!forbidden.isEmpty()) {
                    rules.add(noClasses().that(resideInAPackage(root + "." + room + ".."))
                            .should().dependOnClassesThat(
                                    resideInAnyPackage(forbidden.stream().map(other -> root + "." + other + "..").toArray(String[]::new)))
                            .allowEmptyShould(true)
                            .as(room + " knows none of " + forbidden));
                }
            }
        }
        return rules;
    }

    /// The classes of the crooked house that break the rule, once each.
    private static List<String> faulty(ArchRule rule) {
        return CROOKED.stream().filter(one -> rule.evaluate(CROOKED.that(equalTo(one))).hasViolation()).map(one -> one.getSimpleName()).sorted()
                .toList();
    }
}
