// The network of the production runtime: TCP through Asio's reactor, reads and writes as plain system calls.
//
// Owner: AsioRuntime.  Threads: as runtime/net.h says.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/log.h"
#include "runtime/asio_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

/// Gives the loops, started.
using LoopsFunction = std::function<std::vector<std::unique_ptr<AsioLoop>>&()>;

std::unique_ptr<Net> make_asio_net(LoopsFunction loops, Logger& log);

}  // namespace holdfast::runtime
