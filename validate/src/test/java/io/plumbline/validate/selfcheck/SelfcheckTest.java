package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.layer.Layer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Node;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Right devices pass, wrong ones do not, and nothing that a backend computes or a layer does goes unchecked.
class SelfcheckTest {
    /// What a backend says of itself, and what makes and ends things: nothing to compute.
    private static final Set<String> NOT_COMPUTED = Set.of("name", "description", "precision", "arithmetic", "readsHostMemory", "threads", "allocate",
            "close");

    private static List<Check> run(Backend device, Stream<Item> items) {
        var checks = new ArrayList<Check>();
        Selfcheck.run(new Subject(device, null), items, checks::add);
        return checks;
    }

    private static Set<String> failed(List<Check> checks) {
        return checks.stream().filter(check -> !check.passed()).map(Check::subject).collect(Collectors.toCollection(TreeSet::new));
    }

    /// A device that errs in every entry, by up to half of what is allowed, passes every check of primitives; and on the way every primitive is called.
    @Test
    void everyPrimitiveIsCheckedAndHalfABoundIsAllowed() {
        var called = new HashSet<String>();
        var random = new Random(1);
        try (var halfway = new Rounded(Precision.F64, () -> (random.nextDouble() - 0.5) * 0x1p-52 / Rounded.UNIT)) {
            Backend device = Devices.of("halfway", (method, arguments) -> {
                called.add(method.getName());
                return method.invoke(halfway, arguments);
            });
            List<Check> checks = run(device, Selfcheck.primitives());
            assertEquals(Set.of(), failed(checks));
            assertTrue(checks.stream().filter(check -> check.error() > 0).count() > 400, "errors were made");
        }
        var computed = Arrays.stream(Backend.class.getMethods()).filter(method -> Modifier.isAbstract(method.getModifiers())).map(Method::getName)
                .filter(name -> !NOT_COMPUTED.contains(name)).collect(Collectors.toCollection(TreeSet::new));
        computed.removeAll(called);
        assertEquals(Set.of(), computed, "primitives that no check calls");
    }

    /// A check of each form of `primitive`, and one of each other.
    private static Stream<Item> around(String primitive) {
        var seen = new HashSet<String>();
        return Selfcheck.primitives().filter(item -> seen.add(item.subject() + (belongs(item.subject(), primitive) ? item.name() : "")));
    }

    private static boolean belongs(String subject, String primitive) {
        return subject.equals(primitive) || subject.startsWith(primitive + " ");
    }

    private static void requireFailures(String primitive, Devices.Handler wrong) {
        List<Check> checks = run(Devices.of("wrong", wrong), around(primitive));
        Set<String> failed = failed(checks);
        assertFalse(failed.isEmpty(), primitive);
        assertTrue(failed.stream().allMatch(subject -> belongs(subject, primitive)), failed::toString);
        var all = checks.stream().map(Check::subject).filter(subject -> belongs(subject, primitive)).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(all, failed, "all lines of the primitive fail");
    }

    @ParameterizedTest
    @ValueSource(strings = {"multiply", "sumOuter", "sumOuterEach", "activate", "product", "convolve", "convolveTransposed", "convolutionGradient",
        "maxPoolTransposed", "averagePool", "averagePoolTransposed", "copy", "gramTile", "gramSums", "symmetricEigenvalues",
        "symmetricEigenvectors"})
    void aHundredBoundsInOneEntryAreTooMuch(String primitive) {
        // Where an activation is 0 throughout on one side it has no bound there: an entry on the other side.
        requireFailures(primitive, Devices.offByHundredBounds(primitive, primitive.equals("activate") ? firstPositive() : 0));
    }

    private static int firstPositive() {
        double[] numbers = Matrices.random(new Random(Case.SEED), 100, Precision.F64);
        return IntStream.range(0, numbers.length).filter(i -> numbers[i] > 0).findFirst().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"unfold", "maxPool", "maxPoolTransposed", "copy", "gather"})
    void whatMovesEntriesKeepsEveryBit(String primitive) {
        requireFailures(primitive, Devices.offByABit(primitive));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multiply", "sumOuter", "sumOuterEach", "activate", "product", "convolve", "convolveTransposed", "convolutionGradient",
        "unfold", "maxPool", "maxPoolTransposed", "averagePool", "averagePoolTransposed", "copy", "gather", "gramTile"})
    void aMissingRowIsFound(String primitive) {
        requireFailures(primitive, Devices.withoutLastRow(primitive));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multiply", "sumOuter", "sumOuterEach", "activate", "product", "convolve", "convolveTransposed", "convolutionGradient",
        "maxPool", "maxPoolTransposed", "averagePool", "averagePoolTransposed", "copy"})
    void addingForWritingIsFound(String primitive) {
        requireFailures(primitive, Devices.addingForWriting(primitive));
    }

    /// All else is filled, uploaded and downloaded too: others may fail, the lines of these must.
    @ParameterizedTest
    @ValueSource(strings = {"fill", "upload"})
    void memoryKeepsEveryBit(String primitive) {
        assertTrue(failed(run(Devices.of("wrong", Devices.offByABit(primitive)), MemoryCases.all())).contains(primitive));
    }

    /// A device that adds in another order on other threads.
    @Test
    void otherBitsOnOtherThreadsAreFound() {
        Backend right = Devices.of("right", Devices.reference());
        Backend other = Devices.of("other", Devices.offByABit("multiply"));
        var checks = new ArrayList<Check>();
        Selfcheck.run(new Subject(right, other), around("multiply"), checks::add);
        assertEquals(Set.of("multiply"), failed(checks));
        assertEquals("other bits on 1 thread", checks.stream().filter(check -> !check.passed()).findFirst().orElseThrow().reason());
    }

    /// A device of doubles that passes through float on its way.
    @ParameterizedTest
    @ValueSource(strings = {"multiply", "convolve", "copy", "maxPool"})
    void floatsInDoubleAreFound(String primitive) {
        requireFailures(primitive, Devices.throughFloat(primitive));
    }

    /// What is thrown is a line that failed, and the others go on.
    @Test
    void exceptionsAreFailures() {
        Backend device = Devices.of("without", (method, arguments) -> {
            if (method.getName().equals("convolve")) {
                throw new UnsupportedOperationException("no such kernel");
            }
            return method.invoke(Subject.REFERENCE, arguments);
        });
        List<Check> checks = run(device, around("convolve"));
        assertEquals(Set.of("convolve"), failed(checks));
        Check failure = checks.stream().filter(check -> !check.passed()).findFirst().orElseThrow();
        assertEquals("UnsupportedOperationException: no such kernel", failure.reason());
        assertEquals(Double.POSITIVE_INFINITY, failure.share());
    }

    @Test
    void writingBesideTheResultIsFound() {
        Backend device = Devices.of("careless", (method, arguments) -> {
            Object result = method.invoke(Subject.REFERENCE, arguments);
            if (method.getName().equals("unfold")) {
                Tensor out = (Tensor) arguments[2];
                Subject.REFERENCE.fill(new Tensor(out.buffer(), out.offset() + out.length(), 1, 1), 0);
            }
            return result;
        });
        List<Check> checks = run(device, around("unfold"));
        assertEquals(Set.of("unfold"), failed(checks));
        assertTrue(
                checks.stream().filter(check -> !check.passed()).allMatch(check -> check.reason().equals("something was written beside the result")));
    }

    private static Stream<Item> network(String name, Backend device) {
        var subject = new Subject(device, null);
        return Networks.all().filter(problem -> problem.name().equals(name)).flatMap(problem -> Derivatives.of(problem, subject));
    }

    private static Set<String> failedNames(List<Check> checks) {
        return checks.stream().filter(check -> !check.passed()).map(Check::name).collect(Collectors.toCollection(TreeSet::new));
    }

    /// Second derivatives that are off by 2⁻²⁰ leave everything but Hessian products as it is, and H is still symmetric.
    @Test
    void aSecondDerivativeThatIsOffShowsInHessianProducts() {
        Devices.Handler wrong = (method, arguments) -> {
            if (method.getName().equals("activate") && arguments[1].equals(2)) {
                Object[] scaled = arguments.clone();
                try (var matrices = new Matrices(Subject.REFERENCE)) {
                    Tensor a = (Tensor) arguments[3];
                    Tensor larger = matrices.undefined(a.rows(), a.columns());
                    Subject.REFERENCE.product(1 + 0x1p-20, a, null, false, larger);
                    scaled[3] = larger;
                    return method.invoke(Subject.REFERENCE, scaled);
                }
            }
            return method.invoke(Subject.REFERENCE, arguments);
        };
        Backend device = Devices.of("wrong", wrong);
        assertEquals(Set.of("H v, H w"), failedNames(run(device, network("two layers of TANH", device))));
        // The same as the oracle, which only differences and identities can convict.
        Backend oracle = Devices.of("reference", wrong);
        assertEquals(Set.of("H v, by central differences"), failedNames(run(oracle, network("two layers of TANH", oracle))));
    }

    /// A convolution whose gradient forgets the last image when it sums over images: sums and rows no longer agree.
    @Test
    void identitiesFindAMissingImage() {
        Backend oracle = Devices.of("reference", (method, arguments) -> {
            // Counted from the end: y, x, accumulate, g.
            int at = method.getName().equals("convolutionGradient") ? arguments.length - 4 : -1;
            Tensor y = at < 0 ? null : (Tensor) arguments[at];
            Tensor x = at < 0 ? null : (Tensor) arguments[at + 1];
            if (y != null && ((Tensor) arguments[at + 3]).rows() == 1 && y.rows() > 1) {
                arguments[at] = y.rows(0, y.rows() - 1);
                arguments[at + 1] = x.rows(0, y.rows() - 1);
            }
            return method.invoke(Subject.REFERENCE, arguments);
        });
        Set<String> failed = failedNames(run(oracle, network("convolution of each channel", oracle)));
        assertTrue(failed.contains("gradient = Jᵀ r/n") && failed.contains("Jᵀ u, row by row"), failed::toString);
        assertEquals(Set.of("convolve, convolutionGradient"), failed(run(oracle, Identities.all())));
    }

    /// A device whose errors are half of what its primitives may make keeps all bounds of derivatives.
    @ParameterizedTest
    @ValueSource(strings = {"two layers of GELU", "fcn:3-5-10:tanh", "layer normalisation", "shortcut by slicing and padding"})
    void halfABoundInEachPrimitiveIsAllowed(String name) {
        var random = new Random(2);
        try (var halfway = new Rounded(Precision.F64, () -> (random.nextDouble() - 0.5) * 0x1p-52 / Rounded.UNIT)) {
            List<Check> checks = run(halfway, network(name, halfway).filter(item -> !item.name().startsWith("bits")));
            assertEquals(Set.of(), failedNames(checks));
            assertEquals(20, checks.size());
        }
    }

    @Test
    void everyLayerIsInSomeNetwork() throws IOException, URISyntaxException {
        var used = Networks.all().flatMap(problem -> problem.network().nodes().stream()).map(Node::layer).map(Layer::getClass)
                .collect(Collectors.<Class<?>>toSet());
        Path code = Path.of(Layer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        try (var jar = Files.isDirectory(code) ? null : FileSystems.newFileSystem(code);
                var files = Files.list((jar == null ? code : jar.getPath("/")).resolve("io/plumbline/layer"))) {
            var layers = files.map(file -> file.getFileName().toString()).filter(file -> file.endsWith(".class"))
                    .map(file -> load("io.plumbline.layer." + file.substring(0, file.length() - ".class".length())))
                    .filter(one -> Layer.class.isAssignableFrom(one) && !one.isInterface()).toList();
            assertTrue(layers.size() > 10);
            assertEquals(List.of(), layers.stream().filter(layer -> !used.contains(layer)).toList(), "layers that no network has");
        }
    }

    private static Class<?> load(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /// NaN is no small error, and no error beside a bound of NaN.
    @Test
    void whatIsNoNumberFails() {
        double[] one = {1};
        double[] nan = {Double.NaN};
        assertFalse(Deviation.worst(nan, one, one).passed());
        assertFalse(Deviation.worst(one, nan, one).passed());
        assertFalse(Deviation.worst(one, new double[] {2}, nan).passed());
        assertFalse(Deviation.worst(new double[] {Double.POSITIVE_INFINITY}, one, one).passed());
        assertTrue(Deviation.worst(nan, nan, nan).passed());
        assertFalse(Deviation.worst(new double[2], one, one).passed());
        var worst = Deviation.worst(new double[] {1, 2, 3}, new double[] {1, 2.5, 3.5}, new double[] {0, 1, 0.75});
        assertEquals(new Deviation(0.5, 0.75, null), worst);
    }
}
