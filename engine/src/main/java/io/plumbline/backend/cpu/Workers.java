package io.plumbline.backend.cpu;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// A fixed number of threads that share out the items of one job at a time; the caller is worker 0. Items are taken one by one from a counter,
/// so which worker computes an item is left to chance and nothing may depend on it.
///
/// Waiting spins for some 30 µs, because jobs follow each other closely, then parks: idle threads cost nothing.
final class Workers implements AutoCloseable {
    private static final long SPIN_NANOS = 30_000;
    private static final int SPINS_PER_LOOK = 32;

    /// One item of a job.
    interface Task {
        /// @param item   from 0 on
        /// @param worker whose scratch memory to use, from 0 to threads − 1
        void run(long item, int worker);
    }

    private static final class Job {
        private Task task;
        final long items;
        final AtomicLong next = new AtomicLong();
        final AtomicLong unfinished;
        volatile Throwable failure;
        volatile Thread waiting;

        Job(Task task, long items) {
            this.task = task;
            this.items = items;
            unfinished = new AtomicLong(items);
        }

        void work(int worker) {
            for (long item = next.getAndIncrement(); item < items; item = next.getAndIncrement()) {
                try {
                    if (failure == null) {
                        task.run(item, worker);
                    }
                } catch (Throwable thrown) {
                    failure = thrown;
                }
                if (unfinished.decrementAndGet() == 0 && waiting != null) {
                    LockSupport.unpark(waiting);
                }
            }
        }

        void await() {
            long start = System.nanoTime();
            while (unfinished.get() > 0) {
                if (System.nanoTime() - start < SPIN_NANOS) {
                    spin();
                } else {
                    waiting = Thread.currentThread();
                    if (unfinished.get() > 0) {
                        LockSupport.park(this);
                    }
                }
            }
        }
    }

    private final class Worker extends Thread {
        final int index;
        volatile boolean parked;

        Worker(int index) {
            super("plumbline-cpu-" + index);
            this.index = index;
            setDaemon(true);
        }

        @Override
        public void run() {
            Job last = null;
            while (true) {
                Job job = await(last);
                if (closed) {
                    return;
                }
                job.work(index);
                last = job;
            }
        }

        private Job await(Job last) {
            long start = System.nanoTime();
            while (current == last && !closed) {
                if (System.nanoTime() - start < SPIN_NANOS) {
                    spin();
                } else {
                    parked = true;
                    if (current == last && !closed) {
                        LockSupport.park(Workers.this);
                    }
                    parked = false;
                }
            }
            return current;
        }
    }

    private final Worker[] others;
    private volatile Job current;
    private volatile boolean closed;

    Workers(int threads) {
        others = new Worker[threads - 1];
        for (int i = 0; i < others.length; i++) {
            others[i] = new Worker(i + 1);
            others[i].start();
        }
    }

    int threads() {
        return others.length + 1;
    }

    /// Runs the items 0 to items − 1, in any order, and returns when all are done. Several callers take turns.
    /// After a failure the remaining items are left out and the failure is thrown.
    ///
    /// @throws IllegalStateException after [#close()]
    synchronized void run(long items, Task task) {
        if (closed) {
            throw new IllegalStateException("cpu: the backend is closed");
        }
        if (items <= 1 || others.length == 0) {
            for (long item = 0; item < items; item++) {
                task.run(item, 0);
            }
            return;
        }
        var job = new Job(task, items);
        current = job;
        long wanted = Math.min(others.length, items - 1);
        for (int i = 0; i < wanted; i++) {
            if (others[i].parked) {
                LockSupport.unpark(others[i]);
            }
        }
        job.work(0);
        job.await();
        // Workers that come late find no item; what the task refers to need not live on with them.
        job.task = null;
        switch (job.failure) {
            case null -> {}
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    private static void spin() {
        for (int i = 0; i < SPINS_PER_LOOK; i++) {
            Thread.onSpinWait();
        }
    }

    @Override
    public void close() {
        closed = true;
        for (Worker worker : others) {
            LockSupport.unpark(worker);
        }
        for (Worker worker : others) {
            while (worker.isAlive()) {
                try {
                    worker.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }
}
