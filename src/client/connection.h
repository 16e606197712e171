// Connection: one connection of our Hot Rod client. Any number of requests may be under way on it; the answers find them
// by their message id. It has agreed with the server on a version and has authenticated before anybody gets it.
//
// Owner: shared by the ServerLink and the operations.  Threads: any.
// Waits: open() and call() until their deadline.
// Fails with: open(): refused, not_found, unauthenticated, not_supported, protocol_error. A request: refused (it was not
// sent), exhausted (the same), closed (it may have taken effect), timeout (the same); errors of the server are responses.
#pragma once

#include <memory>
#include <string>

#include "base/mutex.h"
#include "base/result.h"
#include "client/request.h"
#include "runtime/runtime.h"

namespace holdfast::client {

struct Credentials {
  std::string user{};
  std::string password{};
  std::string mechanism{};  // "" = the strongest that both sides know
};

struct ConnectionOptions {
  std::optional<Credentials> credentials{};
  runtime::LoopId loop = runtime::kControlLoop;
  Intelligence intelligence = Intelligence::hash_aware;
  std::size_t in_flight_max = 4096;  // requests
};

/// What a connection tells beside answers; called on its loop, in its fiber: may wait, and holds answers up meanwhile.
struct ConnectionEvents {
  std::function<void(Response&&)> event{};   // of a listener
  std::function<void()> ended{};             // once, after the requests under way were told
};

struct Sending {
  BytesView cache{};
  std::uint32_t topology_id = 0xffffffffU;  // that the client knows; ~0 = none
  Instant deadline = kNever;
  RepeatId repeat{};                        // told to servers that know what it means
};

class ConnectionState;

class Connection {
 public:
  /// Waits: connects, agrees on a version, authenticates.
  static Result<std::shared_ptr<Connection>> open(runtime::Runtime& runtime, const runtime::Endpoint& server, const ConnectionOptions& options, Instant deadline,
                                                  ConnectionEvents events = {});
  ~Connection();  // closes

  void send(const Request& request, const Sending& sending, Completion done);
  /// Sends and waits. An error of the server is an error.
  Result<Response> call(const Request& request, const Sending& sending);
  bool is_open() const;
  void close();
  std::uint8_t version() const;
  /// The server carries out a repeated write of a clustered cache once.
  bool knows_repeats() const;
  const runtime::Endpoint& server() const { return server_; }
  runtime::LoopId loop() const { return loop_; }

 private:
  Connection(runtime::Runtime& runtime, runtime::Endpoint server, const ConnectionOptions& options, ConnectionEvents events);
  Status agree_on_version(Instant deadline);

  runtime::Runtime& runtime_;
  const runtime::Endpoint server_;
  const runtime::LoopId loop_;
  std::shared_ptr<ConnectionState> state_;
};

}  // namespace holdfast::client
