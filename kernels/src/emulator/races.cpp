// Accesses that no barrier orders: what compute-sanitizer's racecheck looks for in shared memory, and in device memory too, between threads of a block
// and between blocks. Each word of shared and device memory remembers who wrote it last and two of those who have read it since. Two accesses of one launch
// to one word, at least one of them a write, are a race unless
//   - the same thread makes them,
//   - both threads passed a barrier of their block in between, or
//   - both are lanes of one warp that passed a __syncwarp in between. Shuffles, votes and mma order no memory.
// Whether the threads happened to run in a good order does not matter.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "accesses.h"
#include "memory.h"
#include "thread.h"

namespace emulator::accesses {

namespace {

constexpr std::size_t wordBytes = 4;  // finer accesses to shared and device memory are refused
constexpr unsigned maxThreads = 1024;

struct Touch {
    std::uint32_t launch;  // 0: none
    std::uint32_t block, thread;
    std::uint32_t barriers;      // of the block, before the access
    std::uint32_t warpBarriers;  // the thread's own clock
    const void* site;
};

struct Word {
    Touch write;
    Touch reads[2];  // that nothing orders, in two warps if such were seen
};

// The words of a kind of memory that is there while a block runs.
struct Shared {
    const char* name;
    Range range;
    std::vector<Word> words;

    void set(Range now) {
        range = now;
        words.resize(std::max(words.size(), (now.bytes + wordBytes - 1) / wordBytes));
    }

    bool has(std::uintptr_t address) const { return range.has(address); }
};

// Words of device memory by address: pages of 4 KiB in regions of 16 MiB. A page is made when a kernel first touches it.
class Device {
public:
    // Null where the address is not device memory: a thread's stack, a constant.
    Word* find(std::uintptr_t address) {
        Page& page = pageOf(address);
        if (page.words == nullptr && !page.foreign) {
            page.foreign = !isDeviceMemory(address);
            if (!page.foreign) {
                page.words.reset(new Word[pageBytes / wordBytes]());
            }
        }
        return page.foreign ? nullptr : &page.words[address % pageBytes / wordBytes];
    }

    void forget(std::uintptr_t begin, std::size_t bytes) {
        for (std::uintptr_t address = begin / pageBytes * pageBytes; address < begin + bytes; address += pageBytes) {
            if (regions[address / regionBytes] != nullptr) {
                pageOf(address) = {};
            }
        }
    }

private:
    static constexpr std::size_t pageBytes = 4096, regionBytes = std::size_t{16} << 20, addressBits = 47;
    struct Page {
        std::unique_ptr<Word[]> words;
        bool foreign = false;
    };

    Page& pageOf(std::uintptr_t address) {
        std::unique_ptr<Page[]>& region = regions[address / regionBytes];
        if (region == nullptr) {
            region.reset(new Page[regionBytes / pageBytes]);
        }
        return region[address % regionBytes / pageBytes];
    }

    std::vector<std::unique_ptr<Page[]>> regions = std::vector<std::unique_ptr<Page[]>>((std::size_t{1} << addressBits) / regionBytes);
};

std::uint32_t launch, block, barriers;
// A vector clock for each thread: how often each lane of its warp had passed a __syncwarp when this thread last heard of it. Begins at 1 for itself.
std::uint32_t known[maxThreads][32];
Shared dynamicShared{"dynamic shared memory", {}, {}}, staticShared{"static shared memory", {}, {}};

Device& device() {
    static Device& device = *new Device;
    return device;
}

// Whether `before`, of this launch, is ordered before what the current thread does now.
bool isOrdered(const Touch& before) {
    if (before.block != block) {
        return false;
    }
    return before.thread == current->number || before.barriers < barriers ||
           (before.thread / 32 == current->number / 32 && known[current->number][before.thread % 32] >= before.warpBarriers);
}

bool isWithin(const Shared* shared, const Touch& access) { return access.launch == launch && (shared == nullptr || access.block == block); }

[[noreturn]] void report(const Shared* shared, std::uintptr_t address, const char* now, const void* site, const char* then, const Touch& before) {
    const std::string where =
        shared == nullptr ? describeAddress(address) : "at byte " + std::to_string(address - shared->range.begin) + " of " + shared->name;
    const std::string whose = before.block == block ? "this block" : "block " + std::to_string(before.block);
    fail("a race %s: %s %s what thread %u of %s %s at %s%s", where.c_str(), describe(site).c_str(), now, before.thread, whose.c_str(), then,
         describe(before.site).c_str(), before.block == block ? ", with no barrier between" : "");
}

void touch(const Shared* shared, Word& word, std::uintptr_t address, bool write, const void* site) {
    const auto isConcurrent = [&](const Touch& before) { return isWithin(shared, before) && !isOrdered(before); };
    if (isConcurrent(word.write)) {
        report(shared, address, write ? "writes" : "reads", site, "wrote", word.write);
    }
    const Touch now{launch, block, current->number, barriers, known[current->number][current->lane], site};
    if (write) {
        for (const Touch& read : word.reads) {
            if (isConcurrent(read)) {
                report(shared, address, "writes", site, "read", read);
            }
        }
        word.write = now;
    } else if (!isConcurrent(word.reads[0])) {
        word.reads[0] = now;
    } else if (!isConcurrent(word.reads[1]) ||
               (word.reads[0].block == word.reads[1].block && word.reads[0].thread / 32 == word.reads[1].thread / 32)) {
        word.reads[1] = now;
    }
}

struct Races final : Observer {
    void launchBegins(const Kernel&) override { launch++; }

    void blockBegins(const BlockOfThreads& of) override {
        block = of.number;
        barriers = 0;
        for (unsigned thread = 0; thread < of.threads; thread++) {
            std::memset(known[thread], 0, sizeof known[thread]);
            known[thread][thread % 32] = 1;
        }
        dynamicShared.set(of.dynamicShared);
        staticShared.set(of.staticShared);
    }

    void blockSynchronised() override { barriers++; }

    void warpSynchronised(unsigned warp, unsigned lanes) override {
        std::uint32_t all[32] = {};
        for (unsigned lane = 0; lane < 32; lane++) {
            if (lanes >> lane & 1) {
                for (unsigned other = 0; other < 32; other++) {
                    all[other] = std::max(all[other], known[32 * warp + lane][other]);
                }
            }
        }
        for (unsigned lane = 0; lane < 32; lane++) {
            if (lanes >> lane & 1) {
                std::memcpy(known[32 * warp + lane], all, sizeof all);
                known[32 * warp + lane][lane]++;
            }
        }
    }

    void accessed(const Access& access) override {
        const std::uintptr_t begin = access.address;
        Shared* const shared = dynamicShared.has(begin) ? &dynamicShared : staticShared.has(begin) ? &staticShared : nullptr;
        Word* word = shared == nullptr ? device().find(begin) : nullptr;
        if (shared == nullptr && word == nullptr) {
            return;
        }
        if (begin % wordBytes != 0 || access.bytes % wordBytes != 0) {
            fail("%s accesses %zu bytes of memory that threads share: races are looked for in words of %zu", describe(access.site).c_str(), access.bytes,
                 wordBytes);
        }
        for (std::uintptr_t address = begin; address < begin + access.bytes; address += wordBytes) {
            if (shared != nullptr) {
                word = &shared->words[(address - shared->range.begin) / wordBytes];
            } else if (address != begin) {
                word = device().find(address);
            }
            if (word != nullptr) {
                touch(shared, *word, address, access.write, access.site);
            }
        }
    }

    void forget(std::uintptr_t begin, std::size_t bytes) override { device().forget(begin, bytes); }
};

}  // namespace

Observer& races() {
    static Races races;
    return races;
}

}  // namespace emulator::accesses
