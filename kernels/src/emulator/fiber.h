// One stack that runs for a while and hands over to another: a switch saves six registers (System V AMD64) and costs a few nanoseconds.
#pragma once

#include <cstddef>

namespace emulator {

class Fiber {
public:
    // The fiber that stands for the stack of whoever calls; it gets no stack of its own.
    Fiber() = default;
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber();

    // Gives it a stack, below which lies a page that nothing may touch.
    void allocate();

    // The next switch to this fiber enters `main`, which never returns. Stacks of different `colour` do not compete for the same cache sets.
    void restart(void (*main)(), unsigned colour);

    // Runs `to`; comes back when another fiber switches here.
    void switchTo(Fiber& to);

    // Runs `to` for good.
    [[noreturn]] void leaveFor(Fiber& to);

    // The first call of every `main`.
    static void entered();

private:
    void* stackPointer = nullptr;
    const void* stack = nullptr;
    std::size_t stackBytes = 0;
    void* mapping = nullptr;
    void* fakeStack = nullptr;  // AddressSanitizer's, while this fiber does not run
};

}  // namespace emulator
