// Datagrams in production: UDP through Asio's reactor, groups by IGMP.
//
// Owner: AsioNet.  Threads: as runtime/net.h says.  Waits: never, but for a socket that ends outside of its loop.
// Fails with: as runtime/net.h says.
#pragma once

#include <boost/system/error_code.hpp>
#include <memory>

#include "runtime/asio_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

Result<std::unique_ptr<DatagramSocket>> open_asio_datagrams(AsioLoop& loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options);

/// What went wrong at an address, in this project's words.
Error asio_failure(const Endpoint& at, const boost::system::error_code& error);

}  // namespace holdfast::runtime
