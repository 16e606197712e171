// Connecting: one attempt to connect, to each address of the peer in turn.
//
// Owner: shared by who waits and the loop.  Threads: start(), resolve() and wait() any; the rest is the loop's.
// Waits: wait(); resolve() blocks the thread.  Fails with: refused, timeout, not_found (name), io_error.
#pragma once

#include <memory>
#include <vector>

#include "runtime/posix_loop.h"
#include "runtime/net.h"
#include "runtime/socket_address.h"

namespace holdfast::runtime {

class Connecting final : public Pollable, public std::enable_shared_from_this<Connecting> {
 public:
  Connecting(PosixLoop& loop, Endpoint to, std::unique_ptr<Handler> handler);
  ~Connecting() override;

  void start(std::vector<SocketAddress> addresses);
  /// Asks for the addresses of the name, then starts.
  void resolve();
  /// For the end of the attempt; it ends at the deadline.
  Result<ConnectionPtr> wait(Instant deadline);

  void on_edge(bool readable, bool writable, bool ended) override;
  bool receive() override { return false; }

 private:
  void next();
  void connected();
  void fail(Error error);
  void close();

  PosixLoop& loop_;
  const Endpoint to_;
  std::unique_ptr<Handler> handler_;
  const std::unique_ptr<Event> done_;
  std::vector<SocketAddress> addresses_;  // the next one last
  int socket_ = -1;
  bool given_up_ = false;
  Result<ConnectionPtr> result_;
};

}  // namespace holdfast::runtime
