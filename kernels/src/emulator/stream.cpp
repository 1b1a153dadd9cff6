// Streams, events and graphs. Work runs in the order in which streams get it: at once, when somebody waits (option STREAMS=late), or, while a
// stream is being captured, whenever the graph is launched.
#include <chrono>
#include <deque>
#include <thread>
#include <vector>

#include "options.h"
#include "state.h"

namespace emulator {

namespace {

enum CaptureMode { global = 0, threadLocal = 1, relaxed = 2 };

struct Stream;

struct Capture {
    std::vector<Work> work;
    Stream* origin;
    int mode;
    std::thread::id thread;
    bool invalid = false;
};

// A call that a capture forbids: the capture is invalid from here on, and ends with an error.
CUresult forbidden(Capture& capture) {
    capture.invalid = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

struct Stream {
    std::deque<Work> pending;
    std::shared_ptr<Capture> capture;
};

struct Event {
    explicit Event(bool timed) : timed(timed) {}

    bool timed;
    bool recorded = false, done = false;
    double milliseconds = 0;
    CUstream stream = nullptr;
    std::weak_ptr<Capture> capture;
};

using Graph = std::vector<Work>;

struct Executable {
    std::shared_ptr<const Graph> graph;
};

Handles<Stream>& streams = *new Handles<Stream>;
Handles<Event>& events = *new Handles<Event>;
Handles<Graph>& graphs = *new Handles<Graph>;
Handles<Executable>& executables = *new Handles<Executable>;

// The streams that always exist: null, CU_STREAM_LEGACY and CU_STREAM_PER_THREAD. Here they are one, and wait for all others.
bool isDefault(CUstream stream) { return reinterpret_cast<std::uintptr_t>(stream) <= 2; }

CUresult finish(Stream& stream) {
    CUresult first = CUDA_SUCCESS;
    while (!stream.pending.empty()) {
        const Work work = std::move(stream.pending.front());
        stream.pending.pop_front();
        const CUresult error = work();
        first = first == CUDA_SUCCESS ? error : first;
    }
    return first;
}

// Whether it stands for a place in a capture, which never happens: waiting for it makes the capture invalid.
bool isCaptured(const Event& event) {
    const auto capture = event.capture.lock();
    if (capture != nullptr) {
        capture->invalid = true;
    }
    return capture != nullptr;
}

CUresult finishHandle(CUstream handle) {
    Stream* stream = streams.find(handle);
    return stream == nullptr ? finishAll() : finish(*stream);
}

double now() { return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

CUresult finishAll() {
    CUresult first = CUDA_SUCCESS;
    streams.forEach([&](Stream& stream) {
        Capture* capture = stream.capture.get();
        if (capture != nullptr && (capture->mode == global || (capture->mode == threadLocal && capture->thread == std::this_thread::get_id()))) {
            first = forbidden(*capture);
        }
    });
    if (first == CUDA_SUCCESS) {
        streams.forEach([&](Stream& stream) {
            const CUresult error = finish(stream);
            first = first == CUDA_SUCCESS ? error : first;
        });
    }
    return first;
}

CUresult enqueue(CUstream handle, Work work) {
    Turn turn;
    CUresult error = ready();
    if (error != CUDA_SUCCESS) {
        return error;
    }
    if (isDefault(handle)) {
        error = finishAll();
        return error != CUDA_SUCCESS ? error : work();
    }
    Stream* stream = streams.find(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (stream->capture != nullptr) {
        if (stream->capture->invalid) {
            return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
        }
        stream->capture->work.push_back(std::move(work));
        return CUDA_SUCCESS;
    }
    stream->pending.push_back(std::move(work));
    return options().late ? CUDA_SUCCESS : finish(*stream);
}

API cuStreamCreate(CUstream* stream, unsigned) {
    Turn turn;
    const CUresult error = ready();
    if (error == CUDA_SUCCESS) {
        *stream = streams.make();
    }
    return error;
}

API cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int) { return cuStreamCreate(stream, flags); }

API cuStreamDestroy_v2(CUstream handle) {
    Turn turn;
    Stream* stream = streams.find(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    const CUresult error = finish(*stream);
    streams.destroy(handle);
    return error;
}

API cuStreamSynchronize(CUstream handle) {
    Turn turn;
    if (isDefault(handle)) {
        return cuCtxSynchronize();
    }
    Stream* stream = streams.find(handle);
    return stream == nullptr ? CUDA_ERROR_INVALID_HANDLE : stream->capture != nullptr ? forbidden(*stream->capture) : finish(*stream);
}

// "Not ready" once where work is to be done; the work is done by the next time.
API cuStreamQuery(CUstream handle) {
    Turn turn;
    Stream* stream = streams.find(handle);
    if (stream == nullptr) {
        return isDefault(handle) ? cuCtxSynchronize() : CUDA_ERROR_INVALID_HANDLE;
    }
    if (stream->capture != nullptr) {
        return forbidden(*stream->capture);
    }
    const bool idle = stream->pending.empty();
    const CUresult error = finish(*stream);
    return idle || error != CUDA_SUCCESS ? error : CUDA_ERROR_NOT_READY;
}

// ---- capture and graphs

API cuStreamBeginCapture_v2(CUstream handle, int mode) {
    Turn turn;
    Stream* stream = streams.find(handle);
    if (stream == nullptr) {
        return isDefault(handle) ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_ERROR_INVALID_HANDLE;
    }
    if (stream->capture != nullptr) {
        return CUDA_ERROR_ILLEGAL_STATE;
    }
    stream->capture.reset(new Capture{{}, stream, mode, std::this_thread::get_id(), false});
    return CUDA_SUCCESS;
}

API cuStreamIsCapturing(CUstream handle, int* status) {
    Turn turn;
    const Stream* stream = streams.find(handle);
    *status = stream == nullptr || stream->capture == nullptr ? 0 : stream->capture->invalid ? 2 : 1;
    return stream == nullptr && !isDefault(handle) ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}

API cuStreamEndCapture(CUstream handle, CUgraph* graph) {
    Turn turn;
    *graph = nullptr;
    const Stream* stream = streams.find(handle);
    if (stream == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    const std::shared_ptr<Capture> capture = stream->capture;
    if (capture == nullptr || capture->origin != stream) {
        return CUDA_ERROR_ILLEGAL_STATE;
    }
    streams.forEach([&](Stream& other) {
        if (other.capture == capture) {
            other.capture.reset();
        }
    });
    if (capture->invalid) {
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    *graph = graphs.make(std::move(capture->work));
    return CUDA_SUCCESS;
}

API cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph handle, unsigned long long) {
    Turn turn;
    const Graph* graph = graphs.find(handle);
    if (graph == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    *executable = executables.make(Executable{std::make_shared<const Graph>(*graph)});
    return CUDA_SUCCESS;
}

API cuGraphLaunch(CUgraphExec handle, CUstream stream) {
    Turn turn;
    const Executable* executable = executables.find(handle);
    if (executable == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    return enqueue(stream, [graph = executable->graph] {
        for (const Work& work : *graph) {
            if (const CUresult error = work(); error != CUDA_SUCCESS) {
                return error;
            }
        }
        return CUDA_SUCCESS;
    });
}

API cuGraphUpload(CUgraphExec handle, CUstream) {
    Turn turn;
    return executables.find(handle) == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}

API cuGraphDestroy(CUgraph handle) {
    Turn turn;
    return graphs.destroy(handle);
}

API cuGraphExecDestroy(CUgraphExec handle) {
    Turn turn;
    return executables.destroy(handle);
}

// ---- events

API cuEventCreate(CUevent* event, unsigned flags) {
    Turn turn;
    constexpr unsigned disableTiming = 2;
    const CUresult error = ready();
    if (error == CUDA_SUCCESS) {
        *event = events.make((flags & disableTiming) == 0);
    }
    return error;
}

API cuEventDestroy_v2(CUevent handle) {
    Turn turn;
    return events.destroy(handle);
}

API cuEventRecord(CUevent handle, CUstream stream) {
    Turn turn;
    Event* event = events.find(handle);
    if (event == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (Stream* origin = streams.find(stream); origin != nullptr && origin->capture != nullptr) {
        event->capture = origin->capture;
        return CUDA_SUCCESS;
    }
    event->capture.reset();
    event->recorded = true;
    event->done = false;
    event->stream = stream;
    return enqueue(stream, [handle] {
        if (Event* event = events.find(handle)) {
            event->done = true;
            event->milliseconds = now();
        }
        return CUDA_SUCCESS;
    });
}

// Waiting for an event of a capture brings the stream into that capture; any other event's work is done here and now.
API cuStreamWaitEvent(CUstream handle, CUevent eventHandle, unsigned) {
    Turn turn;
    const Event* event = events.find(eventHandle);
    Stream* stream = streams.find(handle);
    if (event == nullptr || (stream == nullptr && !isDefault(handle))) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (const auto capture = event->capture.lock(); capture != nullptr && stream != nullptr) {
        stream->capture = capture;
        return CUDA_SUCCESS;
    }
    return event->recorded && !event->done ? finishHandle(event->stream) : CUDA_SUCCESS;
}

API cuEventSynchronize(CUevent handle) {
    Turn turn;
    const Event* event = events.find(handle);
    return event == nullptr                  ? CUDA_ERROR_INVALID_HANDLE
           : isCaptured(*event)              ? CUDA_ERROR_CAPTURED_EVENT
           : event->recorded && !event->done ? finishHandle(event->stream)
                                             : CUDA_SUCCESS;
}

API cuEventQuery(CUevent handle) {
    Turn turn;
    const Event* event = events.find(handle);
    if (event == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (isCaptured(*event)) {
        return CUDA_ERROR_CAPTURED_EVENT;
    }
    if (!event->recorded || event->done) {
        return CUDA_SUCCESS;
    }
    const CUresult error = finishHandle(event->stream);
    return error != CUDA_SUCCESS ? error : CUDA_ERROR_NOT_READY;
}

API cuEventElapsedTime(float* milliseconds, CUevent beginHandle, CUevent endHandle) {
    Turn turn;
    const Event* begin = events.find(beginHandle);
    const Event* end = events.find(endHandle);
    if (begin == nullptr || end == nullptr || !begin->timed || !end->timed || !begin->recorded || !end->recorded) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    *milliseconds = static_cast<float>(end->milliseconds - begin->milliseconds);
    return begin->done && end->done ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

}  // namespace emulator
