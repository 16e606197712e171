// ClientCore: routes operations to servers, tries again elsewhere what may be tried again, and keeps what the servers
// tell of their topology.
//
// An operation goes to the first owner of its key that is up, then to the others, then to any server; when all have
// failed, to the servers that the program named. A server that left the topology ends with what is under way on it.
//
// Owner: shared by the manager, its caches and what is under way.  Threads: any.
// Waits: start() when in_flight_max operations are under way and the caller is a thread that may wait; call().
// Fails with: refused (no server to be reached), exhausted (too much is under way), closed, timeout, and what servers say.
#pragma once

#include <map>

#include "client/server_link.h"
#include "model/open_numbers.h"

namespace holdfast::client {

struct ClientOptions {
  std::vector<runtime::Endpoint> servers{};  // tried in turn until a topology is known
  ConnectionOptions connection{};
  std::size_t connections_per_server = 1;
  Duration connect_timeout = std::chrono::seconds(3);     // of one server
  Duration attempt_timeout = std::chrono::seconds(4);     // then another server is asked, if the operation may be repeated
  Duration operation_timeout = std::chrono::seconds(15);  // all attempts together
  std::size_t in_flight_max = 16384;                      // operations of the whole client
  Retry retry = Retry::idempotent;
};

class ClientCore : public std::enable_shared_from_this<ClientCore> {
 public:
  ClientCore(runtime::Runtime& runtime, ClientOptions options);

  runtime::Runtime& runtime() { return runtime_; }
  const ClientOptions& options() const { return options_; }
  /// What is known of the cache; the same object each time.
  std::shared_ptr<CacheRoute> route(const std::string& cache);
  /// Null route: an operation on no cache.
  void start(Request request, std::shared_ptr<CacheRoute> route, Completion done);
  Result<Response> call(Request request, std::shared_ptr<CacheRoute> route);
  /// A connection of the caller's own, to a server of the cache's that is up, for what lives with its connection.
  Result<std::shared_ptr<Connection>> open_own(const std::shared_ptr<CacheRoute>& route, runtime::LoopId loop, ConnectionEvents events);
  /// What a response on an own connection says of the topology.
  void learn(CacheRoute& route, Topology&& topology);
  Instant deadline() { return runtime_.clock().now() + options_.operation_timeout; }
  bool closed() const;
  void close();
  /// After close(): until the last operation was told.
  void wait_until_idle();

 private:
  std::shared_ptr<ServerLink> link(const runtime::Endpoint& server);
  void attempt(const OperationPtr& operation);
  std::shared_ptr<ServerLink> choose(const Operation& operation, const Table* table);
  std::vector<std::shared_ptr<ServerLink>> candidates(const Operation* operation, const Table* table);
  void attempted(const OperationPtr& operation, const std::shared_ptr<ServerLink>& link, Result<Response> result);
  bool repeatable(const Operation& operation, const ServerLink& at) const;
  void failed(const OperationPtr& operation, ServerLink* link, Error error);
  void next_round(const OperationPtr& operation);
  void note_reached();
  void finish(const OperationPtr& operation, Result<Response> result);
  Status make_room();
  void forget_unused(const Table& now);

  runtime::Runtime& runtime_;
  const ClientOptions options_;
  const Bytes id_;                   // what no other client is called
  OpenNumbers writes_;
  mutable Mutex lock_;
  std::map<std::pair<std::string, std::uint16_t>, std::shared_ptr<ServerLink>> links_ HF_GUARDED_BY(lock_);
  std::map<std::string, std::shared_ptr<CacheRoute>> routes_ HF_GUARDED_BY(lock_);
  std::size_t in_flight_ HF_GUARDED_BY(lock_) = 0;
  std::size_t waiters_ HF_GUARDED_BY(lock_) = 0;
  std::size_t turn_ HF_GUARDED_BY(lock_) = 0;
  bool closed_ HF_GUARDED_BY(lock_) = false;
  bool reached_ HF_GUARDED_BY(lock_) = false;  // some server, once
  const std::shared_ptr<runtime::Event> room_;
};

}  // namespace holdfast::client
