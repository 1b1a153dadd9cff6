#include "fault.h"

#include <signal.h>
#include <ucontext.h>

#include <cstdint>
#include <mutex>

#include "memory.h"
#include "thread.h"

#ifdef __SANITIZE_ADDRESS__

void emulator::catchFaults() {}

#else

namespace emulator {

namespace {

struct sigaction before[NSIG];

[[noreturn]] void afterFault(std::uintptr_t address, int signal) {
    fault(signal == SIGFPE ? "division by zero, or another arithmetic fault" : "illegal address, " + describeAddress(address));
}

// Others' faults go to whoever handled them before: in a JVM most are its own business.
void onSignal(int signal, siginfo_t* information, void* context) {
    if (current == nullptr) {
        const struct sigaction& old = before[signal];
        if ((old.sa_flags & SA_SIGINFO) != 0) {
            old.sa_sigaction(signal, information, context);
        } else if (old.sa_handler == SIG_DFL) {
            ::signal(signal, SIG_DFL);  // the instruction runs again and ends the process
        } else if (old.sa_handler != SIG_IGN) {
            old.sa_handler(signal);
        }
        return;
    }
    // The thread goes on in afterFault, as if the faulting instruction had called it, beyond the red zone of its frame.
    auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
    registers[REG_RDI] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(information->si_addr));
    registers[REG_RSI] = signal;
    registers[REG_RSP] = ((registers[REG_RSP] - 128) & ~greg_t{15}) - 8;
    registers[REG_RIP] = static_cast<greg_t>(reinterpret_cast<std::uintptr_t>(&afterFault));
}

}  // namespace

void catchFaults() {
    static std::once_flag once;
    std::call_once(once, [] {
        for (int signal : {SIGSEGV, SIGBUS, SIGFPE}) {
            sigaction(signal, nullptr, &before[signal]);
            struct sigaction action = before[signal];
            action.sa_sigaction = onSignal;
            action.sa_flags |= SA_SIGINFO;
            sigaction(signal, &action, nullptr);
        }
    });
}

}  // namespace emulator

#endif
