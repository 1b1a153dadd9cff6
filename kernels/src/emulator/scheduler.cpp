// One block: its threads are fibers that take turns on one thread of the operating system. A thread runs until it waits; then the next one
// that can go on does, in ascending order of their numbers, or in descending order (option ORDER=reverse), which gives other results where a
// barrier is missing. Nobody able to go on is a deadlock, and is reported with who waits where.
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "accesses.h"
#include "driver.h"
#include "fault.h"
#include "fiber.h"
#include "launch.h"
#include "memory.h"
#include "options.h"
#include "static_shared.h"
#include "thread.h"

namespace emulator {

__thread Thread* current __attribute__((tls_model("initial-exec")));

namespace {

struct Worker : Thread {
    Fiber fiber;
    unsigned mask;  // of the collective it waits in
    void* frame;
    Exchange exchange;
    const Site* site;  // while it waits
};

// Bit l is lane l. A lane that is live, neither ready nor in a collective, waits at the barrier.
struct Warp {
    unsigned live, ready, inCollective;
};

class Team : public Block {
public:
    Outcome run(const Launch& launch, uint3 index);
    BarrierResult barrier(bool predicate, const Site& site);
    void collective(unsigned mask, void* frame, Exchange exchange, const Site& site);
    [[noreturn]] void abandon(int error, std::string message);

private:
    static constexpr unsigned maxThreads = 1024;

    static void threadMain();
    Worker& self() const { return *static_cast<Worker*>(current); }
    Warp& warpOf(const Worker& worker) { return warps[worker.number / 32]; }
    Worker* nextAfter(unsigned number) const;
    void suspend(Worker& worker);
    void exit(Worker& worker);
    void release();
    bool complete(unsigned warp, unsigned mask);
    std::string whoWaits() const;

    std::unique_ptr<Worker[]> workers{new Worker[maxThreads]};
    unsigned allocated = 0;  // workers that have a stack
    Warp warps[maxThreads / 32];
    const Launch* launch;
    Fiber caller;
    bool reverse;
    unsigned count, warpCount, alive, arrived;
    const Site* barrierSite;
    BarrierResult gathering, gathered;
    Buffer dynamicShared;
    Outcome outcome;
};

Team& team() { return *static_cast<Team*>(current->block); }

// Of the image that the launch's kernel is in, on this thread; null where it has none.
StaticShared* staticShared(const Launch& launch) {
    thread_local std::unordered_map<std::size_t, StaticShared> images;
    return launch.staticSharedBytes == 0
               ? nullptr
               : &images.try_emplace(launch.staticSharedImage, launch.staticSharedModule, launch.staticSharedBytes).first->second;
}

// Option LEFT_OUT.
bool isLeftOut(const Site& site) {
    const std::string* place = options().leftOut;
    if (place == nullptr) {
        return false;
    }
    const std::string_view file(site.file), wanted(*place);
    const std::size_t colon = wanted.rfind(':');
    return file.substr(file.rfind('/') + 1) == wanted.substr(0, colon) && std::to_string(site.line) == wanted.substr(colon + 1);
}

Outcome Team::run(const Launch& launch, uint3 index) {
    this->launch = &launch;
    this->index = index;
    size = launch.block;
    grid = launch.grid;
    shared = dynamicShared.renew(launch.sharedBytes, 128);
    StaticShared* fixed = staticShared(launch);
    reverse = options().reverse;
    count = alive = size.x * size.y * size.z;
    warpCount = (count + 31) / 32;
    arrived = 0;
    gathering = {0, 1, 0};
    outcome = {};
    for (; allocated < count; allocated++) {
        workers[allocated].fiber.allocate();
    }
    for (unsigned w = 0; w < warpCount; w++) {
        const unsigned lanes = count - 32 * w >= 32 ? 0xffffffffu : (1u << (count - 32 * w)) - 1;
        warps[w] = {lanes, lanes, 0};
    }
    uint3 position{0, 0, 0};
    for (unsigned number = 0; number < count; number++) {
        Worker& worker = workers[number];
        worker.index = position;
        worker.number = number;
        worker.lane = number % 32;
        worker.block = this;
        worker.fiber.restart(threadMain, number);
        if (++position.x == size.x) {
            position.x = 0;
            if (++position.y == size.y) {
                position.y = 0;
                position.z++;
            }
        }
    }
    accesses::Observer* const observer = accesses::observer();
    if (observer != nullptr) {
        observer->blockBegins({(index.z * grid.y + index.y) * grid.x + index.x, count, {reinterpret_cast<std::uintptr_t>(shared), launch.sharedBytes},
                               fixed == nullptr ? accesses::Range{} : fixed->range()});
    }
    Worker& first = workers[reverse ? count - 1 : 0];
    current = &first;
    caller.switchTo(first.fiber);
    current = nullptr;
    if (observer != nullptr) {
        observer->blockEnds();
    }
    if (fixed != nullptr) {
        fixed->clean(launch.kernel);
    }
    if (const std::ptrdiff_t where = dynamicShared.damage(); where != 0 && outcome.error == 0) {
        outcome = {CUDA_ERROR_ILLEGAL_ADDRESS, std::string(launch.kernel->name) + ": byte " + std::to_string(where) + " of " +
                                                   std::to_string(launch.sharedBytes) + " bytes of dynamic shared memory was written"};
    }
    return std::move(outcome);
}

void Team::threadMain() {
    Fiber::entered();
    const Launch& launch = *team().launch;
    launch.kernel->call(launch.arguments);
    team().exit(team().self());
}

// The thread that runs when thread `number` cannot go on: the next one in order that can, round about; null where there is none.
Worker* Team::nextAfter(unsigned number) const {
    const unsigned lane = number % 32, behind = reverse ? (1u << lane) - 1 : ~0u << lane << 1;
    unsigned warp = number / 32, among = behind;
    for (unsigned step = 0; step <= warpCount; step++) {
        if (const unsigned ready = warps[warp].ready & among) {
            return &workers[32 * warp + (reverse ? 31 - __builtin_clz(ready) : __builtin_ctz(ready))];
        }
        warp = reverse ? (warp == 0 ? warpCount : warp) - 1 : (warp + 1 == warpCount ? 0 : warp + 1);
        among = ~0u;
    }
    return nullptr;
}

void Team::suspend(Worker& worker) {
    Worker* next = nextAfter(worker.number);
    if (next == &worker) {
        return;
    }
    if (next == nullptr) {
        abandon(CUDA_ERROR_LAUNCH_FAILED, "no thread can go on: " + whoWaits());
    }
    current = next;
    worker.fiber.switchTo(next->fiber);
}

void Team::exit(Worker& worker) {
    const unsigned bit = 1u << worker.lane;
    Warp& warp = warpOf(worker);
    warp.live &= ~bit;
    warp.ready &= ~bit;
    alive--;
    // Whoever has left is not waited for, at barriers and in collectives.
    if (alive > 0 && arrived == alive) {
        release();
    }
    for (unsigned waiting = warp.inCollective; waiting != 0;) {
        const unsigned mask = workers[worker.number - worker.lane + __builtin_ctz(waiting)].mask;
        complete(worker.number / 32, mask);
        waiting &= ~mask;
    }
    if (alive == 0) {
        worker.fiber.leaveFor(caller);
    }
    Worker* next = nextAfter(worker.number);
    if (next == nullptr) {
        abandon(CUDA_ERROR_LAUNCH_FAILED, "no thread can go on, and some have left the kernel: " + whoWaits());
    }
    current = next;
    worker.fiber.leaveFor(next->fiber);
}

BarrierResult Team::barrier(bool predicate, const Site& site) {
    if (isLeftOut(site)) {
        return {predicate, predicate, predicate};
    }
    Worker& worker = self();
    worker.site = &site;
    if (arrived == 0) {
        barrierSite = &site;
    } else if (site.line != barrierSite->line || (site.file != barrierSite->file && std::strcmp(site.file, barrierSite->file) != 0)) {
        fail("%s at %s:%d, while other threads of the block wait in %s at %s:%d", site.call, site.file, site.line, barrierSite->call,
             barrierSite->file, barrierSite->line);
    }
    gathering.any |= predicate;
    gathering.all &= predicate;
    gathering.count += predicate;
    warpOf(worker).ready &= ~(1u << worker.lane);
    if (++arrived == alive) {
        release();
    }
    suspend(worker);
    return gathered;
}

void Team::release() {
    gathered = gathering;
    gathering = {0, 1, 0};
    arrived = 0;
    if (accesses::Observer* const observer = accesses::observer()) {
        observer->blockSynchronised();
    }
    for (unsigned w = 0; w < warpCount; w++) {
        warps[w].ready = warps[w].live & ~warps[w].inCollective;
    }
}

void Team::collective(unsigned mask, void* frame, Exchange exchange, const Site& site) {
    if (site.ordersMemory && isLeftOut(site)) {
        return;
    }
    Worker& worker = self();
    Warp& warp = warpOf(worker);
    const unsigned bit = 1u << worker.lane;
    if ((mask & bit) == 0) {
        fail("%s at %s:%d is called by lane %u, which its mask %08x does not name", site.call, site.file, site.line, worker.lane, mask);
    }
    worker.mask = mask;
    worker.frame = frame;
    worker.exchange = exchange;
    worker.site = &site;
    warp.inCollective |= bit;
    if (!complete(worker.number / 32, mask)) {
        warp.ready &= ~bit;
        suspend(worker);
    }
}

// Exchanges frames and lets the lanes of `mask` go on, if all of them wait in the same call.
bool Team::complete(unsigned number, unsigned mask) {
    Warp& warp = warps[number];
    const unsigned lanes = mask & warp.live;
    if (lanes == 0 || (warp.inCollective & lanes) != lanes) {
        return false;
    }
    Worker* lane0 = &workers[32 * number];
    const Worker& one = lane0[__builtin_ctz(lanes)];
    void* frames[32];
    for (unsigned rest = lanes; rest != 0; rest &= rest - 1) {
        Worker& worker = lane0[__builtin_ctz(rest)];
        if (worker.mask != mask) {
            return false;
        }
        if (worker.exchange != one.exchange || worker.site->line != one.site->line) {
            fail("lanes of one warp meet in different calls: %s at %s:%d, %s at %s:%d", one.site->call, one.site->file, one.site->line,
                 worker.site->call, worker.site->file, worker.site->line);
        }
        frames[worker.lane] = worker.frame;
    }
    one.exchange(frames, lanes);
    if (accesses::Observer* const observer = one.site->ordersMemory ? accesses::observer() : nullptr) {
        observer->warpSynchronised(number, lanes);
    }
    warp.inCollective &= ~lanes;
    warp.ready |= lanes;
    return true;
}

std::string Team::whoWaits() const {
    std::string text;
    int shown = 0;
    for (unsigned number = 0; number < count && shown < 3; number++) {
        const Warp& warp = warps[number / 32];
        if ((warp.live & ~warp.ready) >> number % 32 & 1) {
            const Site& site = *workers[number].site;
            text += (shown++ == 0 ? "thread " : "; thread ") + std::to_string(number) + " waits in " + site.call + " at " + site.file + ":" +
                    std::to_string(site.line);
        }
    }
    return text;
}

void Team::abandon(int error, std::string message) {
    const uint3 t = current->index;
    char where[200];
    std::snprintf(where, sizeof where, "%s, block (%u,%u,%u) of (%u,%u,%u), thread (%u,%u,%u) of (%u,%u,%u): ", launch->kernel->name, index.x, index.y,
                  index.z, grid.x, grid.y, grid.z, t.x, t.y, t.z, size.x, size.y, size.z);
    outcome = {error, where + std::move(message)};
    self().fiber.leaveFor(caller);
}

}  // namespace

BarrierResult barrier(bool predicate, const Site& site) { return team().barrier(predicate, site); }

void collective(unsigned mask, void* frame, Exchange exchange, const Site& site) { team().collective(mask, frame, exchange, site); }

void fail(const char* format, ...) {
    char message[600];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    team().abandon(CUDA_ERROR_LAUNCH_FAILED, message);
}

void fault(std::string message) { team().abandon(CUDA_ERROR_ILLEGAL_ADDRESS, std::move(message)); }

Outcome runBlock(const Launch& launch, uint3 index) {
    thread_local std::unique_ptr<Team> team{new Team};
    return team->run(launch, index);
}

}  // namespace emulator
