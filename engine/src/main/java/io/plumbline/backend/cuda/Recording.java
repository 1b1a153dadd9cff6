package io.plumbline.backend.cuda;

import io.plumbline.backend.DeviceException;
import io.plumbline.backend.Repetition;
import java.util.HashMap;
import java.util.Map;
import jcuda.CudaException;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/// Work whose launches go to the device as one CUDA graph: tens of kernels of some microseconds each, for which a launch from the host would take as long.
///
/// ```
/// run    1 ─ log ──→ 2 ─ log ──→ 3 ─ capture ──→ 4, 5, … graph
///        allocates: again        same launches as those of 2, else run and log again
/// ```
///
/// **Safe** by what is checked. The launches of two runs in a row are the same to the last byte of their arguments, and there is nothing but launches: work that allocates,
/// frees, copies or waits is run each time. A graph is launched only as long as every block of memory that its kernels were given an address in is the very
/// block that it was ([DeviceMemory#holds]): scratch that has moved begins anew. That the work would make the same calls is the caller's promise.
final class Recording implements Repetition {
    /// Runs that may be logged in vain before the work is only run.
    private static final int MOST_TRIES = 8;

    private final CudaBackend backend;
    private final Context context;
    private final DeviceMemory memory;
    private final Map<Long, Long> serials = new HashMap<>();
    private LaunchLog seen;
    private CUgraphExec graph;
    private int kernels;
    private int tries;

    Recording(CudaBackend backend, Context context, DeviceMemory memory) {
        this.backend = backend;
        this.context = context;
        this.memory = memory;
    }

    @Override
    public void run(Runnable work) {
        // No other thread's calls may come between, for the stream would take them down too.
        synchronized (backend) {
            if (graph != null && !memory.holds(serials)) {
                close();
            }
            if (graph != null) {
                launch();
            } else if (tries == MOST_TRIES || context.log() != null) {
                work.run();
            } else {
                tries++;
                if (seen == null || !capture(work)) {
                    seen = logged(new LaunchLog(false), work);
                }
            }
        }
    }

    /// Whether the work has been done by launching a graph of it.
    boolean isRecorded() {
        return graph != null;
    }

    private void launch() {
        context.enter("replay of " + kernels + " kernels");
        context.calling("graph", () -> JCudaDriver.cuGraphLaunch(graph, context.stream()));
    }

    /// The log, or null where the work does more than launch kernels.
    private LaunchLog logged(LaunchLog log, Runnable work) {
        context.log(log);
        try {
            work.run();
        } finally {
            context.log(null);
        }
        return log.isClear() ? log : null;
    }

    /// Takes the work down and does it, if it is what it was.
    ///
    /// @return false if it is not: nothing has been done
    private boolean capture(Runnable work) {
        var log = new LaunchLog(true);
        serials.clear();
        var captured = new CUgraph();
        context.enter("capture");
        context.calling("begin", () -> JCudaDriver.cuStreamBeginCapture(context.stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
        boolean same;
        try {
            same = logged(log, work) != null && log.hasSameLaunches(seen) && log.launchCount() > 0;
        } catch (LaunchLog.ObstacleException obstacle) {
            same = false;
        } catch (RuntimeException failure) {
            abandon(captured, failure);
            throw failure;
        }
        context.calling("end of a capture", () -> JCudaDriver.cuStreamEndCapture(context.stream(), captured));
        try {
            return same && memory.noteSerials(log.addresses(), serials) && instantiate(captured, log);
        } finally {
            JCudaDriver.cuGraphDestroy(captured);
        }
    }

    /// Ends a capture in which something failed, which may have ended it already.
    private void abandon(CUgraph captured, RuntimeException failure) {
        try {
            JCudaDriver.cuStreamEndCapture(context.stream(), captured);
            JCudaDriver.cuGraphDestroy(captured);
        } catch (CudaException invalidated) {
            failure.addSuppressed(invalidated);
        }
    }

    private boolean instantiate(CUgraph captured, LaunchLog log) {
        var executable = new CUgraphExec();
        context.calling("graph of " + log.launchCount() + " kernels", () -> JCudaDriver.cuGraphInstantiate(executable, captured, 0));
        graph = executable;
        kernels = log.launchCount();
        seen = null;
        launch();
        return true;
    }

    /// A device that is gone has taken the graph with it.
    @Override
    public void close() {
        synchronized (backend) {
            if (graph != null && !context.isClosed()) {
                context.enter("close");
                destroy();
            }
            graph = null;
            seen = null;
            serials.clear();
        }
    }

    private void destroy() {
        try {
            JCudaDriver.cuGraphExecDestroy(graph);
        } catch (CudaException failure) {
            throw new DeviceException("cuda: graph of " + kernels + " kernels: " + failure.getMessage(), failure);
        }
    }
}
