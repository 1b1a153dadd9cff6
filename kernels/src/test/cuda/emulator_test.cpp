// The emulator, through the driver's own interface: what must work does, and planted mistakes are caught.
// Usage: emulator_test FOLDER, which holds test-f32.fatbin and test-f64.fatbin (emulator_kernels.cu). Each check prints "ok NAME" or "FAILED NAME: why".
// `emulator_test FOLDER races` runs what holds of images that say their accesses (accesses.h).
// `emulator_test FOLDER KERNEL` only runs one planted mistake: under AddressSanitizer the process ends there, so it is a process of its own.
#include <dlfcn.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "driver.h"

extern "C" int cublasCreate_v2(void**);
extern "C" int cublasDestroy_v2(void*);
extern "C" int cublasSetMathMode(void*, int);
extern "C" int cublasSgemmStridedBatched(void*, int, int, int, int, int, const float*, const float*, int, long long, const float*, int, long long,
                                         const float*, float*, int, long long, int);
extern "C" int cublasSaxpy_v2();

namespace {

using std::string;
using std::vector;

int failures;
string folder;

const bool sanitized = dlsym(RTLD_DEFAULT, "__asan_init") != nullptr;

void check(const string& name, bool holds, const string& seen = "does not hold") {
    failures += !holds;
    std::printf("%s %s%s%s\n", holds ? "ok" : "FAILED", name.c_str(), holds ? "" : ": ", holds ? "" : seen.c_str());
}

void must(CUresult error) {
    if (error != CUDA_SUCCESS) {
        const char* text;
        cuGetErrorString(error, &text);
        std::printf("FAILED a call that must succeed: it gave %d, %s\n", error, text);
        std::exit(1);
    }
}

void option(const char* name, const char* value) { must(plumblineEmulatorOption(name, value)); }

string message(CUresult error) {
    const char* text;
    return cuGetErrorString(error, &text) == CUDA_SUCCESS ? text : "";
}

template <class T>
class DeviceArray {
public:
    explicit DeviceArray(std::size_t count) : count(count) { must(cuMemAlloc_v2(&address, count * sizeof(T))); }
    explicit DeviceArray(const vector<T>& values) : DeviceArray(values.size()) {
        must(cuMemcpyHtoD_v2(address, values.data(), count * sizeof(T)));
    }
    DeviceArray(const DeviceArray&) = delete;
    ~DeviceArray() { must(cuMemFree_v2(address)); }

    vector<T> values() const {
        vector<T> values(count);
        must(cuMemcpyDtoH_v2(values.data(), address, count * sizeof(T)));
        return values;
    }

    CUdeviceptr address;

private:
    std::size_t count;
};

// The kernels of emulator_kernels.cu in one precision.
class Kernels {
public:
    explicit Kernels(const char* precision) { must(cuModuleLoad(&module, (folder + "/test-" + precision + ".fatbin").c_str())); }
    ~Kernels() { must(cuModuleUnload(module)); }

    template <class... A>
    CUresult operator()(const char* name, unsigned grid, unsigned block, unsigned sharedBytes, A... arguments) const {
        return launch(name, {grid, 1, 1}, {block, 1, 1}, sharedBytes, nullptr, arguments...);
    }

    template <class... A>
    CUresult launch(const char* name, vector<unsigned> grid, vector<unsigned> block, unsigned sharedBytes, CUstream stream, A... arguments) const {
        CUfunction function;
        must(cuModuleGetFunction(&function, module, (string("plumbline_") + name).c_str()));
        void* pointers[] = {&arguments..., nullptr};
        return cuLaunchKernel(function, grid[0], grid[1], grid[2], block[0], block[1], block[2], sharedBytes, stream, pointers, nullptr);
    }

    CUmodule module;
};

// ---- what must work

template <class real>
void language(const string& precision) {
    const Kernels kernels(precision.c_str());
    for (const char* order : {"forward", "reverse"}) {
        option("ORDER", order);
        const string suffix = ", " + precision + ", " + order;
        vector<real> t(1024), expected(4);
        for (std::size_t i = 0; i < t.size(); i++) {
            t[i] = static_cast<real>(i % 97);
            expected[i / 256] += t[i];
        }
        const DeviceArray<real> in(t), sums(4), back(256), segments(128), fresh(3), whole(2 * 4 * 3 * 24);
        must(kernels("blockSum", 4, 256, 0, sums.address, in.address));
        check("block sum: shuffles, shared memory, a barrier" + suffix, sums.values() == expected);

        must(kernels("reversed", 1, 256, 256 * sizeof(real), back.address, in.address));
        check("dynamic shared memory" + suffix, back.values() == vector<real>(t.rend() - 256, t.rend()));

        must(kernels("shuffles", 1, 32, 0, segments.address));
        const vector<real> got = segments.values();
        bool all = true;
        for (int lane = 0; lane < 32; lane++) {
            const int first = lane / 8 * 8, in8 = lane % 8;
            all &= got[lane] == first + 3 && got[32 + lane] == (in8 < 2 ? lane : lane - 2) && got[64 + lane] == (in8 > 5 ? lane : lane + 2);
            all &= got[96 + lane] == ((lane ^ 9) < first + 8 ? lane ^ 9 : lane);
        }
        check("shuffles within segments" + suffix, all);

        const DeviceArray<unsigned> votes(4);
        must(kernels("votes", 1, 32, 0, votes.address));
        check("votes, with half the warp gone" + suffix, votes.values() == vector<unsigned>{0x9249, 0, 1, 5});

        if (!sanitized) {
            must(kernels("unwritten", 3, 64, 64 * sizeof(real), fresh.address));
            check("unwritten shared memory is NaN in every block" + suffix, fresh.values() == vector<real>(3));
        }

        must(kernels.launch("dimensions", {2, 2, 3}, {4, 3, 4}, 0, nullptr, whole.address));
        vector<real> numbers(2 * 4 * 3 * 24);
        std::iota(numbers.begin(), numbers.end(), real{0});
        check("grids and blocks of three dimensions" + suffix, whole.values() == numbers);

        struct Shape {
            int rows, columns;
        };
        const DeviceArray<double> seen(7);
        must(kernels("arguments", 1, 1, 0, seen.address, 7, 1LL << 40, real{2.5}, Shape{3, 4}, 0.1, CUdeviceptr{0}));
        check("arguments of every kind" + suffix, seen.values() == vector<double>{7, std::ldexp(1, 40), 2.5, 3, 4, 0.1, 1});
    }
    option("ORDER", "forward");
}

void tensorCores() {
    const Kernels kernels("f32");
    vector<float> a(128), b(64), expected(128);
    for (int i = 0; i < 128; i++) {
        a[i] = static_cast<float>(i * 37 % 101 - 50);
        b[i % 64] = static_cast<float>(i * 29 % 53 - 26);
    }
    for (int i = 0; i < 128; i++) {
        for (int k = 0; k < 8; k++) {
            expected[i] += a[i / 8 * 8 + k] * b[k * 8 + i % 8];
        }
    }
    const DeviceArray<float> A(a), B(b), D(128);
    must(kernels("tensorCore", 1, 32, 0, D.address, A.address, B.address));
    check("mma.m16n8k8.tf32, small integers exactly", D.values() == expected);
}

void driver() {
    const Kernels kernels("f32");
    const DeviceArray<float> fresh(100);
    bool allNaN = true;
    for (float value : fresh.values()) {
        allNaN &= std::isnan(value);
    }
    check("new device memory is NaN", allNaN);

    float host[101];
    check("a copy beyond an allocation is refused", cuMemcpyDtoH_v2(host, fresh.address, 404) == CUDA_ERROR_INVALID_VALUE);

    std::size_t before, after, total;
    must(cuMemGetInfo_v2(&before, &total));
    option("MEMORY_LIMIT", "1000");
    CUdeviceptr address;
    check("an allocation beyond the limit is out of memory", cuMemAlloc_v2(&address, 700) == CUDA_ERROR_OUT_OF_MEMORY);
    check("one within it is not", cuMemAlloc_v2(&address, 600) == CUDA_SUCCESS && cuMemFree_v2(address) == CUDA_SUCCESS);
    option("MEMORY_LIMIT", "4294967296");
    must(cuMemGetInfo_v2(&after, &total));
    check("what is freed is free", before == after && total == std::size_t{4} << 30 && before == total - 400);

    const DeviceArray<float> t(vector<float>(256, 1));
    check("more threads than the launch bounds are refused", kernels("underflow", 1, 33, 0, t.address) == CUDA_ERROR_INVALID_VALUE);
    check("more shared memory than the attribute allows is refused", kernels("unwritten", 1, 64, 50000, t.address) == CUDA_ERROR_INVALID_VALUE);
    CUfunction function;
    check("an unknown kernel is not found", cuModuleGetFunction(&function, kernels.module, "plumbline_none") == CUDA_ERROR_NOT_FOUND);
    must(cuModuleGetFunction(&function, kernels.module, "plumbline_reversed"));
    struct {
        CUdeviceptr out, in;
    } block{fresh.address, t.address};
    std::size_t bytes = sizeof block;
    void* extra[] = {reinterpret_cast<void*>(1), &block, reinterpret_cast<void*>(2), &bytes, nullptr};
    must(cuLaunchKernel(function, 1, 1, 1, 100, 1, 1, 400, nullptr, nullptr, extra));
    check("arguments through `extra`", fresh.values() == vector<float>(100, 1));
    bytes = 8;
    check("a block of arguments that is too short is refused",
          cuLaunchKernel(function, 1, 1, 1, 100, 1, 1, 400, nullptr, nullptr, extra) == CUDA_ERROR_INVALID_VALUE);
    CUmodule module;
    check("a fatbin for a GPU is refused", cuModuleLoadData(&module, "\x50\xed\x55\xba") == CUDA_ERROR_NO_BINARY_FOR_GPU);
}

void streams() {
    const Kernels kernels("f32");
    const DeviceArray<float> in(vector<float>(256, 3)), out(1);
    CUstream stream;
    must(cuStreamCreate(&stream, 1));
    must(cuStreamBeginCapture_v2(stream, 0));
    must(kernels.launch("blockSum", {1, 1, 1}, {256, 1, 1}, 0, stream, out.address, in.address));
    float sum = 0;
    must(cuMemcpyDtoHAsync_v2(&sum, out.address, 4, stream));
    CUgraph graph;
    CUgraphExec executable;
    must(cuStreamEndCapture(stream, &graph));
    must(cuGraphInstantiateWithFlags(&executable, graph, 0));
    const bool untouched = sum == 0;
    must(cuGraphLaunch(executable, stream));
    must(cuStreamSynchronize(stream));
    check("a graph does its work when it is launched", untouched && sum == 768);

    option("STREAMS", "late");
    CUevent event;
    must(cuEventCreate(&event, 0));
    must(cuMemsetD32Async(in.address, 0, 256, stream));
    must(cuGraphLaunch(executable, stream));
    must(cuEventRecord(event, stream));
    const bool waits = sum == 768 && cuEventQuery(event) == CUDA_ERROR_NOT_READY;
    must(cuEventSynchronize(event));
    check("late streams work when somebody waits", waits && sum == 0 && cuEventQuery(event) == CUDA_SUCCESS);

    // From page-locked memory a copy reads what is there when it happens, from other memory what was there when it was asked for.
    void* pinned;
    must(cuMemAllocHost_v2(&pinned, 4));
    float pageable = 1;
    *static_cast<float*>(pinned) = 1;
    for (const void* source : {static_cast<const void*>(&pageable), static_cast<const void*>(pinned)}) {
        must(cuMemcpyHtoDAsync_v2(out.address, source, 4, stream));
        pageable = *static_cast<float*>(pinned) = 2;
        must(cuStreamSynchronize(stream));
        check(source == pinned ? "a late copy from page-locked memory" : "a late copy from pageable memory",
              out.values() == vector<float>{source == pinned ? 2.0f : 1.0f});
        *static_cast<float*>(pinned) = 1;
    }
    must(cuMemFreeHost(pinned));
    option("STREAMS", "eager");

    must(cuEventDestroy_v2(event));
    must(cuGraphExecDestroy(executable));
    must(cuGraphDestroy(graph));
    must(cuStreamDestroy_v2(stream));
    check("a stream that was destroyed is an invalid handle", cuMemsetD32Async(in.address, 0, 256, stream) == CUDA_ERROR_INVALID_HANDLE);
}

// What must not be asked for while a stream is captured is an error, and the capture is no more.
void captures() {
    const Kernels kernels("f32");
    const DeviceArray<float> in(vector<float>(256, 3)), out(1);
    CUstream stream;
    CUevent event;
    CUdeviceptr more = 0;
    float number = 0;
    must(cuStreamCreate(&stream, 1));
    must(cuEventCreate(&event, 2));
    const struct {
        const char* what;
        std::function<CUresult()> call;
        CUresult error;
    } calls[] = {
        {"waiting for the stream", [&] { return cuStreamSynchronize(stream); }, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED},
        {"asking whether it is done", [&] { return cuStreamQuery(stream); }, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED},
        {"waiting for the context", [] { return cuCtxSynchronize(); }, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED},
        {"allocating", [&] { return cuMemAlloc_v2(&more, 4); }, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED},
        {"freeing", [&] { return cuMemFree_v2(out.address); }, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED},
        {"a synchronous copy", [&] { return cuMemcpyDtoH_v2(&number, out.address, 4); }, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED},
        {"waiting for one of its events", [&] { return cuEventSynchronize(event); }, CUDA_ERROR_CAPTURED_EVENT},
        {"asking about one of its events", [&] { return cuEventQuery(event); }, CUDA_ERROR_CAPTURED_EVENT},
    };
    const auto blockSum = [&] { return kernels.launch("blockSum", {1, 1, 1}, {256, 1, 1}, 0, stream, out.address, in.address); };
    for (const auto& each : calls) {
        int before = 0, after = 0;
        CUgraph graph;
        must(cuStreamBeginCapture_v2(stream, 1));
        must(cuEventRecord(event, stream));
        must(blockSum());
        must(cuStreamIsCapturing(stream, &before));
        const bool refused = each.call() == each.error;
        must(cuStreamIsCapturing(stream, &after));
        const bool invalid = before == 1 && after == 2 && blockSum() == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED
                             && cuStreamEndCapture(stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED && graph == nullptr;
        check((std::string("a capture is made invalid by ") + each.what).c_str(), refused && invalid && blockSum() == CUDA_SUCCESS);
    }
    CUgraph graph;
    CUgraphExec executable;
    must(cuStreamBeginCapture_v2(stream, 2));
    must(cuMemAlloc_v2(&more, 4));
    must(cuMemsetD32Async(more, 7, 1, stream));
    must(cuStreamEndCapture(stream, &graph));
    must(cuGraphInstantiateWithFlags(&executable, graph, 0));
    must(cuGraphDestroy(graph));
    unsigned value = 0;
    must(cuGraphLaunch(executable, stream));
    must(cuMemcpyDtoH_v2(&value, more, 4));
    check("a relaxed capture lets the context work, and what is instantiated outlives its graph", value == 7);
    must(cuMemFree_v2(more));
    check("a graph whose memory was freed fails", cuGraphLaunch(executable, stream) == CUDA_ERROR_INVALID_VALUE);
    must(cuGraphExecDestroy(executable));
    check("an executable that was destroyed is an invalid handle", cuGraphLaunch(executable, stream) == CUDA_ERROR_INVALID_HANDLE);
    must(cuEventDestroy_v2(event));
    must(cuStreamDestroy_v2(stream));
}

void threads() {
    const Kernels kernels("f32");
    constexpr int blocks = 2000;
    vector<float> t(256 * blocks), expected(blocks);
    for (std::size_t i = 0; i < t.size(); i++) {
        t[i] = static_cast<float>(i % 1013);
        expected[i / 256] += t[i];
    }
    const DeviceArray<float> in(t), out(blocks);
    option("THREADS", "3");
    must(kernels("blockSum", blocks, 256, 0, out.address, in.address));
    check("blocks on three threads of the operating system", out.values() == expected);
    option("THREADS", "1");
}

void cublas() {
    void* handle;
    cublasCreate_v2(&handle);
    // Column-major: C (2,2) = Aᵀ·B, A (3,2), B (3,2), twice in a batch; C holds NaN before.
    const DeviceArray<float> a(vector<float>{1, 2, 3, 4, 5, 6, 1, 0, 0, 0, 1, 1 + 0x1p-12f}), b(vector<float>{1, 1, 1, 1, 0, -1}), c(8);
    const float one = 1, zero = 0;
    const auto multiply = [&] {
        return cublasSgemmStridedBatched(handle, 1, 0, 2, 2, 3, &one, reinterpret_cast<float*>(a.address), 3, 6, reinterpret_cast<float*>(b.address), 3,
                                         0, &zero, reinterpret_cast<float*>(c.address), 2, 4, 2);
    };
    check("cublasSgemmStridedBatched", multiply() == 0 && c.values() == vector<float>{6, 15, -2, -2, 1, 2 + 0x1p-12f, 1, -1 - 0x1p-12f});
    cublasSetMathMode(handle, 3);
    check("TF32 rounds factors", multiply() == 0 && c.values() == vector<float>{6, 15, -2, -2, 1, 2, 1, -1});
    check("what is not emulated says so", cublasSaxpy_v2() == 15);
    cublasDestroy_v2(handle);
}

// ---- planted mistakes

void planted() {
    const Kernels kernels("f32");
    vector<float> t(256);
    std::iota(t.begin(), t.end(), 0.0f);
    const DeviceArray<float> in(t), out(256);

    const auto outcome = [&](const char* order) {
        option("ORDER", order);
        must(kernels("missingBarrier", 1, 256, 1024, out.address, in.address));
        option("ORDER", "forward");
        vector<float> values = out.values();
        for (float& value : values) {
            value = std::isnan(value) ? -1 : value;
        }
        return values;
    };
    check("planted: a missing barrier gives another result in reverse order", outcome("forward") != outcome("reverse"));

    must(cuMemsetD8_v2(out.address, 0xFF, 1024));
    must(kernels("droppedRow", 8, 32, 0, out.address, in.address));
    int wrong = 0;
    for (int i = 0; i < 256; i++) {
        wrong += out.values()[i] != 2 * t[i];
    }
    check("planted: the last row of each block is missing", wrong == 8);

    const auto fails = [&](const char* what, CUresult error, CUresult expected, const char* said) {
        const bool named = message(error).find(said) != string::npos;
        check(string("planted: ") + what, error == expected && named, "error " + std::to_string(error) + ", " + message(error));
    };
    fails("a barrier in a branch", kernels("divergentBarrier", 1, 64, 0, out.address), CUDA_ERROR_LAUNCH_FAILED, "__syncthreads at ");
    fails("a mask that names lanes elsewhere", kernels("wrongMask", 1, 64, 0, out.address), CUDA_ERROR_LAUNCH_FAILED, "no thread can go on");
    fails("a shuffle from a lane outside the mask", kernels("absentLane", 1, 32, 0, out.address), CUDA_ERROR_LAUNCH_FAILED, "reads lane 20");
}

void guards() {
    const Kernels kernels("f32");
    const auto fails = [](const char* what, CUresult error, const char* said) {
        const bool named = message(error).find(said) != string::npos;
        check(string("planted: ") + what, error == CUDA_ERROR_ILLEGAL_ADDRESS && named, "error " + std::to_string(error) + ", " + message(error));
    };
    const DeviceArray<float> even(1024), odd(1001), start(32);
    fails("one entry too many, at a guard page", kernels("offByOne", 2, 256, 0, even.address, 1024LL), "0 bytes after the end of an allocation of 4096");
    fails("one entry too many, before it", kernels("offByOne", 2, 256, 0, odd.address, 1001LL), "byte 4004 of an allocation of 4004 bytes");
    fails("one entry too early", kernels("underflow", 1, 32, 0, start.address), "byte -4 of an allocation of 128 bytes");
    fails("one entry beyond dynamic shared memory", kernels("sharedOverflow", 1, 30, 120, start.address), "byte 120 of 120 bytes of dynamic shared");
    fails("a null pointer", kernels("underflow", 1, 32, 0, CUdeviceptr{0}), "null pointer");
    must(kernels("offByOne", 2, 256, 0, even.address, 1023LL));
    check("the device works on after faults", even.values() == vector<float>(1024, 1));
}

// What accesses cost, with images that say them: a line of the table for each place, memory and direction.
void traffic() {
    const string file = folder + "/traffic.txt";
    option("TRAFFIC", file.c_str());
    {
        const Kernels kernels("f32");
        const DeviceArray<float> in(vector<float>(256, 1)), out(256);
        must(kernels("badManners", 1, 32, 0, out.address, in.address));
        must(kernels("badManners", 1, 32, 0, out.address, in.address));
        must(kernels("rowsOfFour", 1, 64, 0, out.address, in.address));
    }
    option("TRAFFIC", "");
    std::ifstream stream(file);
    const string table((std::istreambuf_iterator<char>(stream)), {});
    const auto counted = [&](const char* what, const char* costs, const char* kernel) {
        check(string("traffic: ") + what, table.find(string("\n") + costs + "\tplumbline_" + kernel + "\temulator_kernels.cu:") != string::npos, table);
    };
    // Units beyond the least, units, the least, accesses, units an access; two launches of a warp each, then one of two warps.
    counted("a read of every other number", "8\t16\t8\t2\t8.00\tdevice\tread", "badManners");
    counted("a write of neighbours", "0\t8\t8\t2\t4.00\tdevice\twrite", "badManners");
    counted("a write where all meet in a bank", "62\t64\t2\t2\t32.00\tshared\twrite", "badManners");
    counted("a read of one number by all", "0\t2\t2\t2\t1.00\tshared\tread", "badManners");
    counted("a read of 16 bytes a lane", "0\t32\t32\t2\t16.00\tdevice\tread", "rowsOfFour");
    counted("16 bytes a lane in shared memory", "0\t8\t8\t2\t4.00\tshared\twrite", "rowsOfFour");
}

// With images that say their accesses. Nothing here depends on the order in which threads run.
void races() {
    const Kernels kernels("f32");
    for (const char* order : {"forward", "reverse"}) {
        option("ORDER", order);
        const DeviceArray<float> in(vector<float>(256, 1)), out(256), more(vector<float>(256, 1));
        const auto found = [&](const char* what, CUresult error, const vector<string>& said) {
            bool named = error == CUDA_ERROR_LAUNCH_FAILED;
            for (const string& each : said) {
                named &= message(error).find(each) != string::npos;
            }
            check(string("planted: ") + what + ", " + order, named, "error " + std::to_string(error) + ", " + message(error));
        };
        found("a missing barrier is a race", kernels("missingBarrier", 1, 256, 1024, out.address, in.address),
              {"a race at byte ", " of dynamic shared memory: emulator_kernels.cu:", "of this block", "with no barrier between"});
        found("one barrier where a loop needs two is a race", kernels("oneBarrierOfTwo", 1, 64, 0, out.address), {" of static shared memory", "with no barrier between"});
        found("blocks that add to one entry are a race", kernels("commonEntry", 2, 32, 0, out.address),
              {"thread 0 of block", "at byte 0 of an allocation of 1024 bytes"});
        found("a block that reads what another writes is a race", kernels("neighbours", 8, 32, 0, out.address), {"of block ", "of an allocation"});
        found("a shuffle orders no memory", kernels("shuffleForBarrier", 1, 32, 0, out.address), {"reads what thread", "wrote at"});
        found("lanes that do not wait after reading are a race", kernels("warpRounds", 1, 64, 0, out.address, in.address, 1), {"with no barrier between"});
        found("accesses finer than a word are refused", kernels("halves", 1, 32, 0, out.address), {"2 bytes"});
        const DeviceArray<int> line(1);
        const auto placed = [&] { return kernels("placedBarrier", 1, 256, 1024, out.address, in.address, line.address); };
        must(placed());
        option("LEFT_OUT", ("emulator_kernels.cu:" + std::to_string(line.values()[0])).c_str());
        found("a barrier that an option leaves out is a race", placed(), {"with no barrier between"});
        option("LEFT_OUT", ("emulator_kernels.cu:" + std::to_string(line.values()[0] + 1)).c_str());
        must(placed());
        option("LEFT_OUT", "");

        must(kernels("warpRounds", 1, 64, 0, out.address, in.address, 0));
        check(string("no race where lanes wait for each other, ") + order, out.values()[63] == 1 + 32 * (1 + 32 * (1 + 32.0f)));
        must(kernels("rowsOfFour", 1, 64, 0, out.address, in.address));
        must(kernels("commonEntry", 1, 32, 0, more.address));
        must(kernels("commonEntry", 1, 32, 0, more.address));
        check(string("no race between launches, ") + order, more.values()[0] == 3);
    }
    option("ORDER", "forward");
}

// Returns only where nobody noticed.
void runMistake(const string& name) {
    const Kernels kernels("f32");
    const DeviceArray<float> t(32);
    if (name == "offByOne") {
        kernels("offByOne", 1, 32, 0, t.address, 32LL);
    } else if (name == "sharedOverflow") {
        kernels("sharedOverflow", 1, 32, 128, t.address);
    } else if (name == "staticOverflow") {
        kernels("staticOverflow", 1, 32, 0, t.address, 1);
    } else if (name == "misaligned") {
        kernels("misaligned", 1, 1, 0, t.address);
    } else {
        must(kernels("staticOverflow", 1, 32, 0, t.address, 0));
    }
}

void sanitizers(const string& self) {
    const auto run = [&](const string& name) {
        string said;
        char line[1000];
        std::FILE* child = popen((self + " " + folder + " " + name + " 2>&1").c_str(), "r");
        while (child != nullptr && std::fgets(line, sizeof line, child) != nullptr) {
            said += line;
        }
        return std::make_pair(child == nullptr ? -1 : pclose(child), said);
    };
    check("no mistake, no report", run("none").first == 0);
    const std::pair<string, string> mistakes[] = {{"offByOne", "heap-buffer-overflow"},
                                                  {"sharedOverflow", "heap-buffer-overflow"},
                                                  {"staticOverflow", "insufficient space"},
                                                  {"misaligned", "misaligned address"}};
    for (const auto& [name, sign] : mistakes) {
        const auto [status, said] = run(name);
        check("planted, seen by sanitizers: " + name, status != 0 && said.find(sign) != string::npos, "not seen; it said: " + said);
    }
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2 && count != 3) {
        std::fprintf(stderr, "usage: emulator_test FOLDER [races|MISTAKE]\n");
        return 2;
    }
    folder = arguments[1];
    CUcontext context;
    must(cuInit(0));
    must(cuDevicePrimaryCtxRetain(&context, 0));
    must(cuCtxSetCurrent(context));
    if (count == 3 && arguments[2] == string("races")) {
        language<float>("f32");
        language<double>("f64");
        tensorCores();
        traffic();
        races();
        must(cuDevicePrimaryCtxRelease_v2(0));
        return failures == 0 ? 0 : 1;
    }
    if (count == 3) {
        runMistake(arguments[2]);
        return 0;
    }
    language<float>("f32");
    language<double>("f64");
    tensorCores();
    driver();
    streams();
    captures();
    threads();
    cublas();
    planted();
    if (sanitized) {
        sanitizers(arguments[0]);
    } else {
        guards();
    }
    must(cuDevicePrimaryCtxRelease_v2(0));
    return failures == 0 ? 0 : 1;
}
