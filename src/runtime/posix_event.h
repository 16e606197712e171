// Events of the production runtime: fibers park, other threads block.
//
// Owner: whoever made it.  Threads: any.  Waits: wait() only.
#pragma once

#include <memory>

#include "runtime/scheduler.h"

namespace holdfast::runtime {

std::unique_ptr<Event> make_posix_event();

}  // namespace holdfast::runtime
