// Connection: one connection of our Hot Rod client. Any number of requests may be under way on it; the answers find them
// by their message id. It has agreed with the server on a version and has authenticated before anybody gets it.
//
// Owner: shared by the manager and the calls.  Threads: any.
// Waits: open() until its deadline; Call::wait().
// Fails with: open(): refused, timeout, not_found, unauthenticated, protocol_error. A call: closed (it may have taken
// effect), timeout (the same), exhausted (not sent), and what the server answered; see error_of().
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "client/codec.h"
#include "runtime/runtime.h"

namespace holdfast::client {

struct Credentials {
  std::string user;
  std::string password;
  std::string mechanism;  // "" = the strongest that both sides know
};

struct ConnectionOptions {
  std::optional<Credentials> credentials;
  runtime::LoopId loop = runtime::kControlLoop;
  Intelligence intelligence = Intelligence::basic;
  std::size_t in_flight_max = 4096;  // requests
};

/// One request under way.
class Call {
 public:
  Call(runtime::Runtime& runtime, Op op) : op_(op), done_(runtime.scheduler().make_event()) {}
  /// One that was never sent.
  static std::shared_ptr<Call> failed(runtime::Runtime& runtime, Op op, Error error);
  Op op() const { return op_; }
  /// The response, or why there is none.
  Result<Response> wait(Instant deadline);
  bool done() const { return done_->is_set(); }

 private:
  friend class ConnectionState;
  void finish(Result<Response> result);

  const Op op_;
  std::unique_ptr<runtime::Event> done_;
  SpinLock lock_;
  std::optional<Result<Response>> result_ HF_GUARDED_BY(lock_);
};
using CallPtr = std::shared_ptr<Call>;

class ConnectionState;

class Connection {
 public:
  /// Waits: connects, agrees on a version, authenticates.
  static Result<std::shared_ptr<Connection>> open(runtime::Runtime& runtime, const runtime::Endpoint& server, const ConnectionOptions& options, Instant deadline);
  ~Connection();  // closes

  /// Sends a request; `body` is what follows the head. A connection that is closed gives a finished call.
  CallPtr send(Op op, BytesView cache, std::uint32_t flags, BytesView body);
  bool is_open() const;
  void close();
  std::uint8_t version() const;
  const runtime::Endpoint& server() const { return server_; }

 private:
  Connection(runtime::Runtime& runtime, runtime::Endpoint server, const ConnectionOptions& options);
  Status agree_on_version(Instant deadline);

  const runtime::Endpoint server_;
  std::shared_ptr<ConnectionState> state_;
};

/// What an error response says, as our error.
Error error_of(const Response& response);

}  // namespace holdfast::client
