// The production runtime: loops in epoll (one thread each), Boost.Context fibers, POSIX files.
//
// Owner: the program or a CacheManager; its destructor stops the loops and joins their threads.
// Threads: any.  Fails with: nothing at construction; threads start when first needed.
#pragma once

#include <memory>

#include "runtime/runtime.h"

namespace holdfast::runtime {

struct PosixRuntimeOptions {
  LoopId loops = 0;                    // 0 = one per core that this process may use
  std::size_t fiber_stack_bytes = 128 << 10;  // virtual; pages are touched as used, a guard page below
  std::size_t blocking_threads_max = 16;
};

std::unique_ptr<Runtime> make_posix_runtime(const PosixRuntimeOptions& options = {});

/// Destroys a production runtime, also when called on one of its own loops: then a thread of its own does it.
void destroy(std::unique_ptr<Runtime> runtime);

/// Blocks the calling thread until one of the signals arrives (they are blocked in every thread that the runtime
/// starts) and returns its number. For main() only.
int wait_for_signal(std::initializer_list<int> signals);

}  // namespace holdfast::runtime
