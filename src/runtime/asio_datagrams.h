// Datagrams in production: UDP sockets, groups by IGMP.
//
// Owner: AsioNet.  Threads: as runtime/net.h says.  Waits: never, but for a socket that ends outside of its loop.
// Fails with: as runtime/net.h says.
#pragma once

#include <memory>

#include "runtime/asio_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

Result<std::unique_ptr<DatagramSocket>> open_asio_datagrams(AsioLoop& loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options);

}  // namespace holdfast::runtime
