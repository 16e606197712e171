// The one place where Asio's types meet ours: included by the asio_*.cpp files only.
//
// Owner: AsioLoop.  Threads: the loop's, except io_context's own posting.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "runtime/asio_loop.h"

namespace holdfast::runtime {

struct AsioLoop::Io {
  boost::asio::io_context context{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  boost::asio::posix::stream_descriptor watch{context};  // the poller's, which owns it
};

/// The steady clock as Instant.
Instant asio_now();

}  // namespace holdfast::runtime
