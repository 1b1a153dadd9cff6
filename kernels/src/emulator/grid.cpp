// A grid: blocks run one after another, or on several threads of the operating system (option THREADS), which share them out as they go.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "accesses.h"
#include "launch.h"
#include "options.h"

namespace emulator {

namespace {

// Threads that help with a job and then wait for the next; they end with the process. One job at a time: launches are serialised (Turn).
class Crew {
public:
    // Runs `job` on this thread and on `helpers` others, until all have returned.
    void run(unsigned helpers, const std::function<void()>& job) {
        {
            std::lock_guard lock(mutex);
            while (hired < helpers) {
                std::thread([this, number = hired++] { work(number); }).detach();
            }
            this->job = &job;
            wanted = running = helpers;
            generation++;
        }
        begin.notify_all();
        job();
        std::unique_lock lock(mutex);
        end.wait(lock, [this] { return running == 0; });
    }

private:
    void work(unsigned number) {
        std::unique_lock lock(mutex);
        for (unsigned long seen = 0;;) {
            begin.wait(lock, [&] { return generation != seen; });
            seen = generation;
            if (number < wanted) {
                lock.unlock();
                (*job)();
                lock.lock();
                if (--running == 0) {
                    end.notify_one();
                }
            }
        }
    }

    std::mutex mutex;
    std::condition_variable begin, end;
    const std::function<void()>* job = nullptr;
    unsigned hired = 0, wanted = 0, running = 0;
    unsigned long generation = 0;
};

// Never destroyed: its threads may outlive static objects.
Crew& crew = *new Crew;

}  // namespace

Outcome run(const Launch& launch) {
    const unsigned long blocks = static_cast<unsigned long>(launch.grid.x) * launch.grid.y * launch.grid.z;
    const bool reverse = options().reverse;
    std::atomic<unsigned long> next{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;
    Outcome outcome;
    const std::function<void()> job = [&] {
        for (unsigned long number; !failed && (number = next++) < blocks;) {
            const unsigned long i = reverse ? blocks - 1 - number : number;
            const unsigned long row = i / launch.grid.x;
            Outcome one = runBlock(launch, {static_cast<unsigned>(i % launch.grid.x), static_cast<unsigned>(row % launch.grid.y),
                                            static_cast<unsigned>(row / launch.grid.y)});
            if (one.error != 0) {
                std::lock_guard lock(mutex);
                failed = true;
                outcome = std::move(one);
            }
        }
    };
    accesses::Observer* const observer = accesses::observer();
    const unsigned threads = observer != nullptr ? 1 : options().threads.load();
    if (observer != nullptr) {
        observer->launchBegins(*launch.kernel);
    }
    // Waking others costs some microseconds, as much as some hundred threads of a kernel.
    const bool large = blocks > 1 && blocks * launch.block.x * launch.block.y * launch.block.z >= 2048;
    if (large && threads > 1) {
        crew.run(static_cast<unsigned>(std::min<unsigned long>(threads, blocks)) - 1, job);
    } else {
        job();
    }
    return outcome;
}

}  // namespace emulator
