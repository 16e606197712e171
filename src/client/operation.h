// Operation: a request until it has its answer, however many servers it takes.
//
// Owner: shared by whoever has it under way.  Threads: one attempt at a time, each on its own.
// Waits: never.  Fails with: through the completion.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "client/request.h"
#include "runtime/runtime.h"

namespace holdfast::client {

class ServerLink;

/// The servers of one cache as its last topology named them.
struct Table {
  std::uint32_t id = 0;
  std::vector<std::shared_ptr<ServerLink>> servers;
  std::vector<std::vector<std::uint32_t>> owners;  // by segment: indexes into servers, the primary first; empty = unknown
};

/// The owners of the request's key; null = not known.
const std::vector<std::uint32_t>* owners_of(const Request& request, const Table& table);

/// What is known of one cache. Shared by its handles and the operations on it.
class CacheRoute {
 public:
  explicit CacheRoute(std::string name) : name_(std::move(name)) {}
  const std::string& name() const { return name_; }
  /// Null: nothing is known yet, or any more.
  std::shared_ptr<const Table> table() const {
    Locked locked(lock_);
    return table_;
  }
  void set_table(std::shared_ptr<const Table> table) {
    Locked locked(lock_);
    table_.swap(table);
  }

 private:
  const std::string name_;
  mutable SpinLock lock_;
  std::shared_ptr<const Table> table_ HF_GUARDED_BY(lock_);
};

struct Operation {
  Request request{};
  std::shared_ptr<CacheRoute> route{};
  Instant deadline{};
  Completion done{};
  bool repeatable = false;           // by any server
  RepeatId repeat{};                 // its number is 0 when it is not to be told
  // While it is under way:
  bool maybe_applied = false;        // an earlier attempt
  std::size_t rounds = 0;            // how often every server was tried in vain
  Error failure{Errc::refused};      // of the last attempt
  std::uint32_t topology_id = ~0U;   // that the attempt's table had
  std::vector<const ServerLink*> tried{};
  std::unique_ptr<runtime::Timer> timer{};
};
using OperationPtr = std::shared_ptr<Operation>;

}  // namespace holdfast::client
