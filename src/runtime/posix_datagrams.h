// Datagrams in production: UDP sockets, groups by IGMP.
//
// Owner: PosixNet.  Threads: as runtime/net.h says.  Waits: never, but for a socket that ends outside of its loop.
// Fails with: as runtime/net.h says.
#pragma once

#include <memory>

#include "runtime/posix_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

Result<std::unique_ptr<DatagramSocket>> open_posix_datagrams(PosixLoop& loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options);

}  // namespace holdfast::runtime
