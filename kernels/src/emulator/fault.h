// Faults of kernels (addresses that are not mapped, guard pages, division by zero) end the launch with CUDA_ERROR_ILLEGAL_ADDRESS and a
// message that says what lies there, instead of the process.
#pragma once

#include <string>

namespace emulator {

// From now on; harmless when called again. Under AddressSanitizer, which has better reports, nothing happens.
void catchFaults();

// Ends the launch, on the thread that faulted; the message gets kernel, block and thread in front of it.
[[noreturn]] void fault(std::string message);

}  // namespace emulator
