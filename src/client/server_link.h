// ServerLink: our connections to one server, opened when they are first needed and again after they ended.
//
// Owner: shared by the ClientCore, the tables that name it and the attempts under way.  Threads: any.
// Waits: never; opening does, in a fiber of its own.  Fails with: as client/connection.h, through the completions.
#pragma once

#include <deque>
#include <memory>

#include "client/connection.h"
#include "client/operation.h"

namespace holdfast::client {

struct LinkOptions {
  ConnectionOptions connection{};
  std::size_t connections = 1;
  Duration connect_timeout = std::chrono::seconds(3);
};

class ServerLink : public std::enable_shared_from_this<ServerLink> {
 public:
  ServerLink(runtime::Runtime& runtime, runtime::Endpoint server, const LinkOptions& options);

  const runtime::Endpoint& server() const { return server_; }
  void send(const OperationPtr& operation, Instant deadline, Completion done);
  /// It failed a moment ago: others are to be preferred.
  bool down() const;
  /// The server said so when it was last connected to.
  bool knows_repeats() const;
  /// An attempt was not answered.
  void suspect();
  /// Ends what is under way and refuses what comes.
  void close();

 private:
  struct Waiting {
    OperationPtr operation;
    Instant deadline;
    Completion done;
  };
  struct Slot {
    runtime::LoopId loop;
    std::shared_ptr<Connection> connection{};
    bool opening = false;
    std::deque<Waiting> waiting{};
  };
  std::size_t pick() HF_REQUIRES(lock_);
  void open(std::size_t slot);
  void opened(std::size_t slot, Result<std::shared_ptr<Connection>> connection);
  static void send_over(Connection& connection, const OperationPtr& operation, Instant deadline, Completion done);

  runtime::Runtime& runtime_;
  const runtime::Endpoint server_;
  const LinkOptions options_;
  mutable Mutex lock_;
  std::deque<Slot> slots_ HF_GUARDED_BY(lock_);
  std::size_t next_ HF_GUARDED_BY(lock_) = 0;
  Instant down_until_ HF_GUARDED_BY(lock_){};
  bool knows_repeats_ HF_GUARDED_BY(lock_) = false;
  bool closed_ HF_GUARDED_BY(lock_) = false;
};

}  // namespace holdfast::client
