package io.plumbline.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Repetition;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.MovingPoint;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Work that is repeated becomes a CUDA graph where that is safe, and nowhere else.
@OnEmulator
class RecordingTest {
    private static final int ROWS = 600;
    private static final int WIDTH = 20;

    private final Scope scope = new Scope();
    private CudaBackend backend;
    private Workspace workspace;
    private Recording recording;
    private Tensor x;
    private Tensor sums;
    private int runs;

    @BeforeEach
    void open() {
        backend = scope.own(CudaBackend.create(Precision.F32));
        workspace = scope.own(new Workspace(backend));
        recording = scope.own(backend.recording());
        x = workspace.tensor(ROWS, WIDTH);
        sums = workspace.tensor(WIDTH, WIDTH);
    }

    @AfterEach
    void close() {
        Emulator.set("STREAMS", "eager");
        scope.close();
    }

    /// xᵀx, over several chunks, through the backend's scratch.
    private void sumOuter() {
        runs++;
        try (var _ = workspace.frame()) {
            Tensor twice = workspace.tensor(ROWS, WIDTH);
            backend.product(2, x, null, false, twice);
            backend.sumOuter(twice, x, false, sums);
        }
    }

    private double[] numbers(Tensor t) {
        try (var buffer = HostBuffer.allocate(Precision.F32, t.length())) {
            backend.download(t, buffer);
            return buffer.toArray();
        }
    }

    /// Does the work `times` times, each time on other numbers, and compares with what it comes to when it is only run.
    private void repeat(int times, Runnable work) {
        for (int i = 0; i < times; i++) {
            backend.randomNormals(i, new long[] {3}, x.reshape(1, ROWS * WIDTH));
            recording.run(work);
            double[] found = numbers(sums);
            int before = runs;
            work.run();
            runs = before;
            assertArrayEquals(numbers(sums), found, "time " + i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"eager", "late"})
    void launchesAreRepeatedWithoutTheWork(String streams) {
        Emulator.set("STREAMS", streams);
        repeat(7, this::sumOuter);
        assertTrue(recording.isRecorded());
        assertEquals(3, runs, "logged while memory was allocated, logged, captured");
    }

    /// Scratch of the backend that has to grow moves; what was recorded uses where it was.
    @Test
    void scratchThatMovesIsNoticed() {
        repeat(4, this::sumOuter);
        assertTrue(recording.isRecorded());
        Tensor large = workspace.tensor(8 * ROWS, 4 * WIDTH);
        backend.fill(large, 1);
        backend.sumOuter(large, large, false, workspace.tensor(4 * WIDTH, 4 * WIDTH));
        runs = 0;
        repeat(1, this::sumOuter);
        assertEquals(1, runs);
        assertFalse(recording.isRecorded());
        repeat(3, this::sumOuter);
        assertTrue(recording.isRecorded());
    }

    /// Memory that went back and came again at the same address is other memory.
    @Test
    void memoryThatWasGivenBackIsNoticed() {
        var buffer = backend.allocate(WIDTH * WIDTH);
        sums = new Tensor(buffer, 0, WIDTH, WIDTH);
        repeat(4, this::sumOuter);
        assertTrue(recording.isRecorded());
        long address = Launcher.address(sums, Precision.F32);
        buffer.close();
        try (var again = backend.allocate(WIDTH * WIDTH)) {
            sums = new Tensor(again, 0, WIDTH, WIDTH);
            assertEquals(address, Launcher.address(sums, Precision.F32));
            runs = 0;
            repeat(1, this::sumOuter);
            assertEquals(1, runs);
        }
    }

    @Test
    void whatReadsResultsIsRunEachTime() {
        repeat(20, () -> {
            sumOuter();
            backend.fill(sums.rows(0, 1), numbers(sums)[WIDTH + 1]);
        });
        assertFalse(recording.isRecorded());
        assertEquals(20, runs);
    }

    @Test
    void whatUploadsIsRunEachTime() {
        repeat(6, () -> {
            sumOuter();
            backend.gather(x, new int[] {3, 1}, sums.rows(0, 2));
        });
        assertFalse(recording.isRecorded());
    }

    /// Other numbers in the arguments of a kernel, or other kernels, are other work.
    @Test
    void whatIsNotTheSameIsRunEachTime() {
        for (var difference : List.<BiConsumer<Integer, Tensor>>of(
                (i, out) -> backend.fill(out, i), (i, out) -> backend.fill(out.rows(0, 1 + i % 2), 1))) {
            recording = scope.own(backend.recording());
            for (int i = 0; i < 9; i++) {
                int time = i;
                backend.fill(sums, -1);
                recording.run(() -> difference.accept(time, sums));
                double[] found = numbers(sums);
                backend.fill(sums, -1);
                difference.accept(time, sums);
                assertArrayEquals(numbers(sums), found);
            }
            assertFalse(recording.isRecorded());
        }
    }

    /// The third time is the one that is captured.
    @Test
    void workThatAllocatesWhereItDidNotIsRunAfterAll() {
        repeat(2, this::sumOuter);
        repeat(1, () -> {
            sumOuter();
            if (runs == 3) {
                backend.allocate(1 << 20).close();
            }
        });
        assertFalse(recording.isRecorded());
        repeat(3, this::sumOuter);
        assertTrue(recording.isRecorded());
    }

    @Test
    void whatFailsWhileItIsCapturedFailsAndTheDeviceWorksOn() {
        repeat(2, this::sumOuter);
        assertThrows(ArithmeticException.class, () -> recording.run(() -> {
            sumOuter();
            throw new ArithmeticException("not finite");
        }));
        runs = 0;
        repeat(4, this::sumOuter);
        assertTrue(recording.isRecorded());
    }

    @Test
    void closingTwiceAndAfterTheBackend() {
        repeat(4, this::sumOuter);
        recording.close();
        recording.close();
        repeat(4, this::sumOuter);
        assertTrue(recording.isRecorded());
        workspace.close();
        backend.close();
        recording.close();
    }

    /// Products with H and G at a point: from the fourth on, none of the engine's work is done, and the bits are those of a point that has just been made. What other
    /// passes do meanwhile does not matter.
    @Test
    void productsAtAPointAreRepeated() throws IOException {
        var network = Architectures.parse("fcn:6-17-9-2:tanh", Initialization.DEFAULT, 1);
        int p = (int) network.parameterCount();
        int[] asked = new int[2];
        Backend counting = counting(asked);
        try (var data = DataSource.parse("gaussian:n=300,d=6,k=2").load(DataOptions.defaults());
                var surface = LossSurface.of(network, data, counting);
                var point = surface.at(network.initialTheta())) {
            Tensor directions = workspace.tensor(2, p);
            Tensor products = workspace.tensor(2, p);
            for (int i = 0; i < 7; i++) {
                backend.randomNormals(i, new long[] {1, 2}, directions);
                // Elsewhere each time.
                Tensor elsewhere = workspace.tensor(2, p);
                backend.product(1, directions, null, false, elsewhere);
                for (var operator : List.<BiConsumer<Point, Tensor>>of(
                        (at, out) -> at.hessianVectors(elsewhere, out), (at, out) -> at.gaussNewtonVectors(elsewhere, out))) {
                    operator.accept(point, products);
                    double[] found = numbers(products);
                    try (var other = LossSurface.of(network, data, backend); var fresh = other.at(network.initialTheta())) {
                        operator.accept(fresh, products);
                    }
                    assertArrayEquals(numbers(products), found, "time " + i);
                }
                if (i == 4) {
                    point.gramSums(Progress.NONE);
                    point.perExampleGradients(0, 200);
                }
            }
        }
        assertEquals(14, asked[0]);
        assertTrue(asked[1] <= 8, asked[1] + " times in 14");
    }

    /// Steps of SGD: those that begin with the fourth compute nothing by themselves, and θ has the bits that it has otherwise, at the end of a batch that is smaller too.
    @Test
    void stepsOfTrainingAreRepeated() throws IOException {
        var network = Architectures.parse("fcn:6-17-9-2:tanh", Initialization.DEFAULT, 1);
        int p = (int) network.parameterCount();
        int[] asked = new int[2];
        try (var data = DataSource.parse("gaussian:n=50,d=6,k=2").load(DataOptions.defaults())) {
            double[][] thetas = new double[2][];
            double[][] losses = new double[2][9];
            for (int run = 0; run < 2; run++) {
                Backend lane = run == 0 ? backend : counting(asked);
                try (var surface = LossSurface.of(network, data, lane); var moving = new MovingPoint(surface, lane)) {
                    Tensor theta = workspace.tensor(1, p);
                    Tensor gradient = workspace.tensor(1, p);
                    backend.upload(network.initialTheta(), theta);
                    for (int step = 0; step < 9; step++) {
                        moving.moveTo(theta);
                        losses[run][step] = moving.gradient(new Random(step).ints(step == 6 ? 5 : 8, 0, 50).toArray(), gradient);
                        lane.product(-0.1, gradient, null, true, theta);
                    }
                    thetas[run] = numbers(theta);
                }
            }
            assertArrayEquals(thetas[0], thetas[1]);
            assertArrayEquals(losses[0], losses[1]);
        }
        assertEquals(18, asked[0]);
        assertTrue(asked[1] <= 10, asked[1] + " times in 18");
    }

    /// The backend, with repetitions whose runs, and runs of whose work, are counted.
    private Backend counting(int[] asked) {
        return (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
            try {
                return method.getName().equals("repetition") ? counted(backend.recording(), asked) : method.invoke(backend, arguments);
            } catch (InvocationTargetException thrown) {
                throw thrown.getCause();
            }
        });
    }

    private static Repetition counted(Repetition repetition, int[] asked) {
        return new Repetition() {
            @Override
            public void run(Runnable work) {
                asked[0]++;
                repetition.run(() -> {
                    asked[1]++;
                    work.run();
                });
            }

            @Override
            public void close() {
                repetition.close();
            }
        };
    }
}
