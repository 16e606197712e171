// The latch that futures of the public API wait with, on a Runtime's events.
//
// Owner: the caller; the runtime outlives it.  Threads: any.  Waits: Latch::wait_for().  Fails with: nothing.
#pragma once

#include <holdfast/detail/latch.h>

#include "runtime/runtime.h"

namespace holdfast::runtime {

std::unique_ptr<detail::Latch> make_latch(Runtime& runtime);

}  // namespace holdfast::runtime
