// SinglePort: one listening socket on which several protocols are spoken, told apart by their first bytes; and the
// list of its open connections, so that a stop can end them in order.
//
// Owner: the Server.  Threads: any; a handler on its connection's loop.
// Waits: finish(), for running requests.  Fails with: nothing; an unknown protocol closes its connection.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "server/endpoint.h"

namespace holdfast::server {

class SinglePortHandler;

/// The open connections of one server: a list per loop, touched by that loop only.
class OpenConnections : public std::enable_shared_from_this<OpenConnections> {
 public:
  explicit OpenConnections(runtime::Runtime& runtime);
  void add(SinglePortHandler& handler);
  void remove(SinglePortHandler& handler);
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  std::size_t count() const { return count_.load(); }
  /// Closes what is idle, lets the rest finish until the deadline, then closes that too.
  void finish(Instant deadline);

 private:
  enum class How : std::uint8_t { when_idle, at_once };
  void close_all(How how);

  runtime::Runtime& runtime_;
  std::vector<std::vector<SinglePortHandler*>> by_loop_;
  std::atomic<std::size_t> count_{0};
  std::atomic<bool> stopping_{false};
  std::unique_ptr<runtime::Event> all_closed_;
};

/// A protocol on a port, with the name that the log gives it.
struct NamedEndpoint {
  std::string name;
  std::unique_ptr<Endpoint> endpoint;
};
using EndpointList = std::shared_ptr<const std::vector<NamedEndpoint>>;

/// Handlers that detect among `endpoints`; with a single one there is nothing to detect.
runtime::HandlerFactory single_port(EndpointList endpoints, std::shared_ptr<OpenConnections> open, Logger& log);

}  // namespace holdfast::server
