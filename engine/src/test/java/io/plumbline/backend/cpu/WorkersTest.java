package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkersTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void runEachItemOnce(int threads) {
        try (var workers = new Workers(threads)) {
            for (int items : new int[] {0, 1, 2, 7, 1000}) {
                // Many jobs in a row, as training does: a worker that comes late must not touch the next job.
                for (int job = 0; job < 200; job++) {
                    var times = new AtomicIntegerArray(Math.max(1, items));
                    workers.run(items, (item, worker) -> {
                        assertTrue(worker >= 0 && worker < threads);
                        times.incrementAndGet((int) item);
                    });
                    for (int i = 0; i < items; i++) {
                        assertEquals(1, times.get(i));
                    }
                }
            }
        }
    }

    /// Two items that wait for each other end only if two threads run them.
    @Test
    void runAtTheSameTime() {
        try (var workers = new Workers(2)) {
            for (int job = 0; job < 20; job++) {
                var both = new CountDownLatch(2);
                var met = new AtomicInteger();
                workers.run(2, (item, worker) -> {
                    both.countDown();
                    if (awaits(both)) {
                        met.incrementAndGet();
                    }
                });
                assertEquals(2, met.get());
                // Long enough for the worker to park between jobs.
                assertFalse(awaitsShortly());
            }
        }
    }

    private static boolean awaits(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean awaitsShortly() {
        try {
            return new CountDownLatch(1).await(2, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void failuresReachTheCaller(int threads) {
        try (var workers = new Workers(threads)) {
            var failure = new ArithmeticException("planted");
            for (int job = 0; job < 50; job++) {
                assertSame(failure, assertThrows(ArithmeticException.class, () -> workers.run(100, (item, worker) -> {
                    if (item == 57) {
                        throw failure;
                    }
                })));
            }
            // And the threads live on.
            var done = new AtomicInteger();
            workers.run(100, (item, worker) -> done.incrementAndGet());
            assertEquals(100, done.get());
        }
    }

    @Test
    void callersTakeTurns() throws InterruptedException {
        try (var workers = new Workers(2)) {
            var busy = ConcurrentHashMap.<Integer>newKeySet();
            var clashes = new AtomicInteger();
            List<Thread> callers = new ArrayList<>();
            for (int caller = 0; caller < 3; caller++) {
                callers.add(Thread.ofPlatform().start(() -> {
                    for (int job = 0; job < 100; job++) {
                        workers.run(4, (item, worker) -> {
                            // A worker's scratch memory has one user at a time.
                            if (!busy.add(worker)) {
                                clashes.incrementAndGet();
                            }
                            busy.remove(worker);
                        });
                    }
                }));
            }
            for (Thread caller : callers) {
                caller.join();
            }
            assertEquals(0, clashes.get());
        }
    }

    @Test
    void closedOnesRefuse() {
        var workers = new Workers(3);
        workers.run(10, (item, worker) -> {});
        workers.close();
        workers.close();
        assertThrows(IllegalStateException.class, () -> workers.run(1, (item, worker) -> {}));
    }
}
