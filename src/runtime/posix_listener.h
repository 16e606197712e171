// A listening socket of the production runtime. It accepts on the control loop and spreads connections over all loops.
//
// Owner: the caller.  Threads: as runtime/net.h says.  Waits: its end, for the control loop.
// Fails with: address_in_use, access_denied, invalid_argument, io_error.
#pragma once

#include <memory>
#include <vector>

#include "base/log.h"
#include "runtime/posix_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

Result<std::unique_ptr<Listener>> open_listener(const std::vector<std::unique_ptr<PosixLoop>>& loops, const Endpoint& at, HandlerFactory factory,
                                                const ListenOptions& options, Logger& log);

}  // namespace holdfast::runtime
