// Events of the production runtime: fibers park, other threads block.
//
// Owner: whoever made it.  Threads: any.  Waits: wait() only.
#pragma once

#include <memory>

#include "runtime/posix_loop.h"

namespace holdfast::runtime {

std::unique_ptr<Event> make_posix_event();

/// Runs `end` on the loop, and waits for it a second at most when that is another than the caller's.
void end_on(PosixLoop& loop, Task end);

}  // namespace holdfast::runtime
