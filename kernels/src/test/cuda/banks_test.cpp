// How often a multiprocessor's shared memory is asked when a warp carries numbers there and reads its fragments (SharedLayout in tiling.cuh): it answers
// 32 lanes of 4 bytes, 16 of 8 or 8 of 16 at a time, if no two of them want different words of one of its 32 banks.
#include <algorithm>
#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "tiling.cuh"

namespace {

int failures;

// The most words of one bank that lanes want at a time; addresses in numbers, by lane.
int asked(const std::vector<int>& addresses, std::size_t bytes) {
    const std::size_t together = 128 / bytes;
    std::size_t most = 0;
    for (std::size_t first = 0; first < addresses.size(); first += together) {
        std::set<int> banks[32];
        for (std::size_t lane = first; lane < first + together; lane++) {
            for (std::size_t word = 0; word < bytes / 4; word++) {
                const int at = static_cast<int>(addresses[lane] * (sizeof(real) / 4) + word);
                banks[at % 32].insert(at);
            }
        }
        for (const auto& bank : banks) {
            most = std::max(most, bank.size());
        }
    }
    return static_cast<int>(most);
}

template <int EXTENT, int BK, bool ALONG_K>
void check() {
    using Layout = plumbline::SharedLayout<EXTENT, BK, ALONG_K>;
    int stores = 0, reads = 0;
    for (int from = 0; from < EXTENT * BK / 4; from += 32) {
        for (int half = 0; half < static_cast<int>(4 * sizeof(real) / 16); half++) {
            std::vector<int> to;
            for (int vector = from; vector < from + 32; vector++) {
                const int second = Layout::HALVES_TAKE_TURNS && vector / 4 % 2 != 0 ? 1 - half : half;
                to.push_back(second * 2 + (ALONG_K ? Layout::at(vector % (BK / 4) * 4, vector / (BK / 4)) : Layout::at(vector / (EXTENT / 4), vector % (EXTENT / 4) * 4)));
            }
            stores = std::max(stores, asked(to, 16));
        }
    }
    constexpr bool inFloat = sizeof(real) == 4;
    for (int k = 0; k < BK; k += plumbline::PANEL) {
        for (int index = 0; index < EXTENT; index += 8) {
            for (int r = 0; r < (inFloat && !ALONG_K ? 2 : 1); r++) {
                std::vector<int> from;
                for (int lane = 0; lane < 32; lane++) {
                    from.push_back(Layout::at(k + (inFloat ? 2 * (lane % 4) + r : lane % 4), index + lane / 4));
                }
                reads = std::max(reads, asked(from, inFloat && !ALONG_K ? 4 : 8));
            }
        }
    }
    const bool holds = stores == 1 && reads == 1;
    failures += !holds;
    std::printf("%s banks of %s, %d indices, %d of k, %s", holds ? "ok" : "FAILED", inFloat ? "float" : "double", EXTENT, BK, ALONG_K ? "along k" : "along indices");
    std::printf(holds ? "\n" : ": stores %d, reads %d\n", stores, reads);
}

}  // namespace

int main() {
    check<16, 8, true>();
    check<32, 8, true>();
    check<64, 8, true>();
    check<128, 8, true>();
    check<32, 16, true>();
    check<64, 16, true>();
    check<128, 16, true>();
    check<64, 8, false>();
    check<64, 16, false>();
    check<128, 8, false>();
    check<128, 16, false>();
    return failures == 0 ? 0 : 1;
}
