// What accesses of warps cost, by line of the source, as a profiler on a GPU counts it. The k-th time that a lane comes to a place between two barriers of its block is
// taken for one access of the warp with the k-th times of its other lanes, which is what a GPU makes of it where lanes do not part.
//
//   device memory   units of 32 bytes (sectors) that the lanes want          least: as many as their distinct words would fill
//   shared memory   turns: in one, 32 banks give a word each, to all lanes    least: a turn for every 32 distinct words
//                   that want it; 32 lanes of 4 bytes come together, 16 of 8,
//                   8 of 16, where they want different ones
//
// Caches are left out: sectors that the next access wants again count again. So are compilers: accesses count as the source has them.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "accesses.h"
#include "memory.h"
#include "options.h"
#include "thread.h"

namespace emulator::accesses {

namespace {

constexpr std::size_t sectorBytes = 32, wordBytes = 4, banks = 32, turnBytes = banks * wordBytes;

// What the lanes of a warp want at a time; ranges of one length.
struct Request {
    std::uint32_t lanes = 0;
    std::array<std::uintptr_t, 32> begin;
};

// Of a warp since its block last waited.
struct Place {
    bool write, shared;
    std::size_t bytes;
    std::array<std::uint32_t, 32> visits{};
    std::vector<Request> requests;
};

struct Cost {
    std::uint64_t requests = 0, units = 0, least = 0;

    void add(const Cost& other) {
        requests += other.requests;
        units += other.units;
        least += other.least;
    }
};

std::size_t roundedUp(std::size_t number, std::size_t unit) { return (number + unit - 1) / unit; }

// Each once, ascending.
void makeSet(std::vector<std::uintptr_t>& numbers) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
}

// The units of so many bytes that a range touches.
void touch(std::vector<std::uintptr_t>& units, std::uintptr_t begin, std::size_t bytes, std::size_t unitBytes) {
    for (std::uintptr_t unit = begin / unitBytes; unit <= (begin + bytes - 1) / unitBytes; unit++) {
        units.push_back(unit);
    }
}

// Turns of shared memory for ranges that are all different, in the order of lanes.
std::size_t turns(const std::vector<std::uintptr_t>& begins, std::size_t bytes) {
    const std::size_t together = std::max<std::size_t>(1, turnBytes / std::max(bytes, wordBytes));
    std::size_t all = 0;
    std::vector<std::uintptr_t> words;
    for (std::size_t first = 0; first < begins.size(); first += together) {
        words.clear();
        for (std::size_t i = first; i < std::min(begins.size(), first + together); i++) {
            touch(words, begins[i], bytes, wordBytes);
        }
        makeSet(words);
        std::array<std::size_t, banks> ofBank{};
        for (const std::uintptr_t word : words) {
            ofBank[word % banks]++;
        }
        all += *std::max_element(ofBank.begin(), ofBank.end());
    }
    return all;
}

Cost cost(const Place& place, const Request& request) {
    std::vector<std::uintptr_t> begins, words, sectors;
    for (unsigned lane = 0; lane < 32; lane++) {
        if (request.lanes >> lane & 1) {
            const std::uintptr_t begin = request.begin[lane];
            if (std::find(begins.begin(), begins.end(), begin) == begins.end()) {
                begins.push_back(begin);
            }
        }
    }
    for (const std::uintptr_t begin : begins) {
        touch(words, begin, place.bytes, wordBytes);
        touch(sectors, begin, place.bytes, sectorBytes);
    }
    makeSet(words);
    makeSet(sectors);
    return place.shared ? Cost{1, turns(begins, place.bytes), roundedUp(words.size(), banks)}
                        : Cost{1, sectors.size(), roundedUp(words.size() * wordBytes, sectorBytes)};
}

// A kernel's accesses at one place, or at one line.
template <class Where>
struct Key {
    std::string kernel;
    Where where;
    bool write, shared;

    bool operator<(const Key& other) const {
        return std::tie(kernel, where, write, shared) < std::tie(other.kernel, other.where, other.write, other.shared);
    }
};

class Traffic final : public Observer {
public:
    ~Traffic() {
        if (!bySite.empty()) {
            imageEnds();
        }
    }

    void launchBegins(const Kernel& kernel) override { this->kernel = kernel.name; }

    void blockBegins(const BlockOfThreads& of) override { block = of; }

    void blockEnds() override { settle(); }

    void blockSynchronised() override { settle(); }

    void accessed(const Access& access) override {
        const bool shared = block.dynamicShared.has(access.address) || block.staticShared.has(access.address);
        // The stack, a constant: registers and parameters on a GPU.
        if (!shared && !isDeviceMemory(access.address)) {
            return;
        }
        Place& place = warps[current->number / 32][{access.site, shared}];
        place.write = access.write;
        place.shared = shared;
        place.bytes = access.bytes;
        const unsigned lane = current->lane, visit = place.visits[lane]++;
        if (visit == place.requests.size()) {
            place.requests.emplace_back();
        }
        place.requests[visit].lanes |= 1u << lane;
        place.requests[visit].begin[lane] = access.address;
    }

    void imageEnds() override {
        std::vector<const void*> sites;
        for (const auto& [key, cost] : bySite) {
            sites.push_back(key.where);
        }
        const std::vector<std::string> lines = describe(sites);
        std::size_t at = 0;
        for (const auto& [key, cost] : bySite) {
            byLine[{key.kernel, lines[at++], key.write, key.shared}].add(cost);
        }
        bySite.clear();
        write();
    }

private:
    // What the block's warps have done since they last waited becomes costs.
    void settle() {
        for (auto& places : warps) {
            for (const auto& [where, place] : places) {
                Cost& sum = bySite[{kernel, where.first, place.write, place.shared}];
                for (const Request& request : place.requests) {
                    sum.add(cost(place, request));
                }
            }
            places.clear();
        }
    }

    // All that is known so far.
    void write() const {
        const std::string* const path = options().traffic;
        std::FILE* const out = path == nullptr ? nullptr : std::fopen(path->c_str(), "w");
        if (out == nullptr) {
            std::fprintf(stderr, "emulator: PLUMBLINE_EMULATOR_TRAFFIC: %s cannot be written\n", path == nullptr ? "nothing" : path->c_str());
            return;
        }
        std::vector<std::pair<Key<std::string>, Cost>> lines(byLine.begin(), byLine.end());
        std::stable_sort(lines.begin(), lines.end(),
                         [](const auto& a, const auto& b) { return a.second.units - a.second.least > b.second.units - b.second.least; });
        std::fprintf(out, "beyond the least\tunits\tleast\taccesses of warps\tunits an access\tmemory\taccess\tkernel\tline\n");
        for (const auto& [key, cost] : lines) {
            std::fprintf(out, "%llu\t%llu\t%llu\t%llu\t%.2f\t%s\t%s\t%s\t%s\n", static_cast<unsigned long long>(cost.units - cost.least),
                         static_cast<unsigned long long>(cost.units), static_cast<unsigned long long>(cost.least),
                         static_cast<unsigned long long>(cost.requests), static_cast<double>(cost.units) / static_cast<double>(cost.requests),
                         key.shared ? "shared" : "device", key.write ? "write" : "read", key.kernel.c_str(), key.where.c_str());
        }
        std::fclose(out);
    }

    std::string kernel;
    BlockOfThreads block{};
    std::map<std::pair<const void*, bool>, Place> warps[32];
    std::map<Key<const void*>, Cost> bySite;
    std::map<Key<std::string>, Cost> byLine;
};

}  // namespace

Observer& traffic() {
    static Traffic traffic;
    return traffic;
}

}  // namespace emulator::accesses
