#include "races.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "memory.h"
#include "thread.h"

namespace emulator::races {

namespace {

constexpr std::size_t wordBytes = 4;  // finer accesses to shared and device memory are refused
constexpr unsigned maxThreads = 1024;

struct Access {
    std::uint32_t launch;  // 0: none
    std::uint32_t block, thread;
    std::uint32_t barriers;      // of the block, before the access
    std::uint32_t warpBarriers;  // the thread's own clock
    const void* site;            // where the call of __tsan_… returns to
};

struct Word {
    Access write;
    Access reads[2];  // that nothing orders, in two warps if such were seen
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

    bool has(std::uintptr_t address) const { return address - range.begin < range.bytes; }
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

bool anyImage;
std::uint32_t launch, block, barriers;
// A vector clock for each thread: how often each lane of its warp had passed a __syncwarp when this thread last heard of it. Begins at 1 for itself.
std::uint32_t known[maxThreads][32];
Shared dynamicShared{"dynamic shared memory", {}, {}}, staticShared{"static shared memory", {}, {}};

Device& device() {
    static Device& device = *new Device;
    return device;
}

// Whether `before`, of this launch, is ordered before what the current thread does now.
bool isOrdered(const Access& before) {
    if (before.block != block) {
        return false;
    }
    return before.thread == current->number || before.barriers < barriers ||
           (before.thread / 32 == current->number / 32 && known[current->number][before.thread % 32] >= before.warpBarriers);
}

bool isWithin(const Shared* shared, const Access& access) { return access.launch == launch && (shared == nullptr || access.block == block); }

// "product.cu:57"; the address in the image where nobody knows.
std::string describeSite(const void* site) {
    Dl_info image;
    if (site == nullptr || dladdr(site, &image) == 0) {
        return "an unknown place";
    }
    // What was loaded from a file in memory is open under the same number in no other process.
    const std::string path = image.dli_fname, own = "/proc/self/";
    const std::string file = path.compare(0, own.size(), own) == 0 ? "/proc/" + std::to_string(getpid()) + "/" + path.substr(own.size()) : path;
    char command[400];
    std::snprintf(command, sizeof command, "addr2line -e %s %#tx 2>/dev/null", file.c_str(),
                  static_cast<const char*>(site) - 1 - static_cast<const char*>(image.dli_fbase));
    std::string line(200, '\0');
    std::FILE* program = popen(command, "r");
    const bool said = program != nullptr && std::fgets(line.data(), static_cast<int>(line.size()), program) != nullptr;
    if (program != nullptr) {
        pclose(program);
    }
    line.resize(std::strcspn(line.c_str(), " \n"));
    if (!said || line.find("??") == 0) {
        return command;
    }
    return line.substr(line.rfind('/') + 1);
}

[[noreturn]] void report(const Shared* shared, std::uintptr_t address, const char* now, const void* site, const char* then, const Access& before) {
    const std::string where =
        shared == nullptr ? describeAddress(address) : "at byte " + std::to_string(address - shared->range.begin) + " of " + shared->name;
    const std::string whose = before.block == block ? "this block" : "block " + std::to_string(before.block);
    fail("a race %s: %s %s what thread %u of %s %s at %s%s", where.c_str(), describeSite(site).c_str(), now, before.thread, whose.c_str(), then,
         describeSite(before.site).c_str(), before.block == block ? ", with no barrier between" : "");
}

void touch(const Shared* shared, Word& word, std::uintptr_t address, bool write, const void* site) {
    const auto isConcurrent = [&](const Access& before) { return isWithin(shared, before) && !isOrdered(before); };
    if (isConcurrent(word.write)) {
        report(shared, address, write ? "writes" : "reads", site, "wrote", word.write);
    }
    const Access now{launch, block, current->number, barriers, known[current->number][current->lane], site};
    if (write) {
        for (const Access& read : word.reads) {
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

void access(const void* memory, std::size_t bytes, bool write, const void* site) {
    if (current == nullptr) {
        return;
    }
    const auto begin = reinterpret_cast<std::uintptr_t>(memory);
    Shared* const shared = dynamicShared.has(begin) ? &dynamicShared : staticShared.has(begin) ? &staticShared : nullptr;
    Word* word = shared == nullptr ? device().find(begin) : nullptr;
    if (shared == nullptr && word == nullptr) {
        return;
    }
    if (begin % wordBytes != 0 || bytes % wordBytes != 0) {
        fail("%s accesses %zu bytes of memory that threads share: races are looked for in words of %zu", describeSite(site).c_str(), bytes, wordBytes);
    }
    for (std::uintptr_t address = begin; address < begin + bytes; address += wordBytes) {
        if (shared != nullptr) {
            word = &shared->words[(address - shared->range.begin) / wordBytes];
        } else if (address != begin) {
            word = device().find(address);
        }
        if (word != nullptr) {
            touch(shared, *word, address, write, site);
        }
    }
}

}  // namespace

bool watching() { return anyImage; }

void launchBegins() { launch++; }

void blockBegins(unsigned number, unsigned threads, Range dynamic, Range fixed) {
    block = number;
    barriers = 0;
    for (unsigned thread = 0; thread < threads; thread++) {
        std::memset(known[thread], 0, sizeof known[thread]);
        known[thread][thread % 32] = 1;
    }
    dynamicShared.set(dynamic);
    staticShared.set(fixed);
}

void blockSynchronised() { barriers++; }

void warpSynchronised(unsigned warp, unsigned lanes) {
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

void forget(std::uintptr_t begin, std::size_t bytes) {
    if (anyImage) {
        device().forget(begin, bytes);
    }
}

// ---- what an image of -fsanitize=thread calls

#define ACCESSES(bytes)                                                                                                             \
    extern "C" EMULATOR_EXPORT void __tsan_read##bytes(void* address) { access(address, bytes, false, __builtin_return_address(0)); } \
    extern "C" EMULATOR_EXPORT void __tsan_write##bytes(void* address) { access(address, bytes, true, __builtin_return_address(0)); }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

extern "C" EMULATOR_EXPORT void __tsan_read_range(void* address, std::size_t bytes) { access(address, bytes, false, __builtin_return_address(0)); }
extern "C" EMULATOR_EXPORT void __tsan_write_range(void* address, std::size_t bytes) { access(address, bytes, true, __builtin_return_address(0)); }
extern "C" EMULATOR_EXPORT void __tsan_func_entry(void*) {}
extern "C" EMULATOR_EXPORT void __tsan_func_exit() {}
extern "C" EMULATOR_EXPORT void __tsan_init() { anyImage = true; }

}  // namespace emulator::races
