#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#if !defined(__x86_64__)
#error "the emulator switches stacks in x86-64 assembly"
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulator {

namespace {

constexpr std::size_t pageBytes = 4096;
#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t ownStackBytes = 256 << 10;
#else
constexpr std::size_t ownStackBytes = 64 << 10;
#endif

#ifdef __SANITIZE_ADDRESS__
thread_local Fiber* switchedFrom;  // by the last switch
#endif

}  // namespace

extern "C" void emulatorSwitchStacks(void** save, void* load);
asm(R"(
.text
.hidden emulatorSwitchStacks
.globl emulatorSwitchStacks
.type emulatorSwitchStacks,@function
emulatorSwitchStacks:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emulatorSwitchStacks,.-emulatorSwitchStacks
)");

void Fiber::allocate() {
    mapping = mmap(nullptr, pageBytes + ownStackBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED || mprotect(mapping, pageBytes, PROT_NONE) != 0) {
        std::perror("emulator: the stack of a thread");
        std::abort();
    }
    stack = static_cast<char*>(mapping) + pageBytes;
    stackBytes = ownStackBytes;
}

Fiber::~Fiber() {
    if (mapping != nullptr) {
        munmap(mapping, pageBytes + ownStackBytes);
    }
}

void Fiber::restart(void (*main)(), unsigned colour) {
#ifdef __SANITIZE_ADDRESS__
    // Frames that were left for good keep their red zones.
    __asan_unpoison_memory_region(stack, stackBytes);
#endif
    fakeStack = nullptr;
    const std::uintptr_t top = reinterpret_cast<std::uintptr_t>(stack) + stackBytes - 64 - colour % 61 * 192;
    void** slot = reinterpret_cast<void**>(top & ~std::uintptr_t{63});
    *--slot = nullptr;  // main's return address; also leaves rsp ≡ 8 (mod 16) at its entry
    *--slot = reinterpret_cast<void*>(main);
    for (int i = 0; i < 6; i++) {
        *--slot = nullptr;
    }
    stackPointer = slot;
}

void Fiber::switchTo(Fiber& to) {
#ifdef __SANITIZE_ADDRESS__
    switchedFrom = this;
    __sanitizer_start_switch_fiber(&fakeStack, to.stack, to.stackBytes);
#endif
    emulatorSwitchStacks(&stackPointer, to.stackPointer);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(fakeStack, nullptr, nullptr);
#endif
}

void Fiber::leaveFor(Fiber& to) {
#ifdef __SANITIZE_ADDRESS__
    switchedFrom = this;
    __sanitizer_start_switch_fiber(nullptr, to.stack, to.stackBytes);
#endif
    emulatorSwitchStacks(&stackPointer, to.stackPointer);
    __builtin_unreachable();
}

void Fiber::entered() {
#ifdef __SANITIZE_ADDRESS__
    // Here the caller's own stack becomes known, which has no other way to say where it lies.
    const void* bottom;
    std::size_t bytes;
    __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
    switchedFrom->stack = bottom;
    switchedFrom->stackBytes = bytes;
#endif
}

}  // namespace emulator
