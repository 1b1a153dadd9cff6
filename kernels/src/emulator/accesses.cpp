#include "accesses.h"

#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>

#include "options.h"
#include "thread.h"

namespace emulator::accesses {

namespace {

bool anyImage;

void accessed(const void* memory, std::size_t bytes, bool write, const void* site) {
    if (current != nullptr) {
        observer()->accessed({reinterpret_cast<std::uintptr_t>(memory), bytes, write, site});
    }
}

// The file that the image was loaded from. What was loaded from a file in memory is open under the same number in no other process.
std::string fileOf(const Dl_info& image) {
    const std::string path = image.dli_fname, own = "/proc/self/";
    return path.compare(0, own.size(), own) == 0 ? "/proc/" + std::to_string(getpid()) + "/" + path.substr(own.size()) : path;
}

}  // namespace

Observer* observer() { return !anyImage ? nullptr : options().traffic.load() != nullptr ? &traffic() : &races(); }

std::vector<std::string> describe(const std::vector<const void*>& sites) {
    std::vector<std::string> texts(sites.size(), "an unknown place");
    std::map<std::string, std::vector<std::size_t>> byFile;
    for (std::size_t i = 0; i < sites.size(); i++) {
        Dl_info image;
        if (sites[i] != nullptr && dladdr(sites[i], &image) != 0) {
            char offset[32];
            std::snprintf(offset, sizeof offset, " %#tx", static_cast<const char*>(sites[i]) - 1 - static_cast<const char*>(image.dli_fbase));
            texts[i] = offset;
            byFile[fileOf(image)].push_back(i);
        }
    }
    for (const auto& [file, all] : byFile) {
        constexpr std::size_t most = 1000;  // of one command
        for (std::size_t first = 0; first < all.size(); first += most) {
            const std::size_t end = std::min(all.size(), first + most);
            std::string command = "addr2line -e " + file;
            for (std::size_t i = first; i < end; i++) {
                command += texts[all[i]];
            }
            std::FILE* const program = popen((command + " 2>/dev/null").c_str(), "r");
            for (std::size_t i = first; i < end; i++) {
                char line[500];
                const bool said = program != nullptr && std::fgets(line, sizeof line, program) != nullptr && std::strncmp(line, "??", 2) != 0;
                const std::string place(line, said ? std::strcspn(line, " \n") : 0);
                std::string& text = texts[all[i]];
                text = said ? place.substr(place.rfind('/') + 1) : "addr2line -e " + file + text;
            }
            if (program != nullptr) {
                pclose(program);
            }
        }
    }
    return texts;
}

std::string describe(const void* site) { return describe(std::vector{site}).front(); }

// ---- what an image of -fsanitize=thread calls

#define ACCESSES(bytes)                                                                                                               \
    extern "C" EMULATOR_EXPORT void __tsan_read##bytes(void* address) { accessed(address, bytes, false, __builtin_return_address(0)); } \
    extern "C" EMULATOR_EXPORT void __tsan_write##bytes(void* address) { accessed(address, bytes, true, __builtin_return_address(0)); }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)

extern "C" EMULATOR_EXPORT void __tsan_read_range(void* address, std::size_t bytes) { accessed(address, bytes, false, __builtin_return_address(0)); }
extern "C" EMULATOR_EXPORT void __tsan_write_range(void* address, std::size_t bytes) { accessed(address, bytes, true, __builtin_return_address(0)); }
extern "C" EMULATOR_EXPORT void __tsan_func_entry(void*) {}
extern "C" EMULATOR_EXPORT void __tsan_func_exit() {}
extern "C" EMULATOR_EXPORT void __tsan_init() { anyImage = true; }

}  // namespace emulator::accesses
