// Iterations: the walks over caches that clients have under way, segment by segment.
//
// Owner: the endpoint.  Threads: any; an Iteration that was taken belongs to its taker.
// Waits: fill() as the cache's reads.  Fails with: exhausted (too many on one connection), what the cache says.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "endpoint/hotrod/converters.h"
#include "runtime/runtime.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

/// One batch: whole entries, and the segments of which everything has been shown by now.
struct IterationBatch {
  std::vector<bool> finished;
  std::vector<Entry> entries;
};

class Iteration {
 public:
  /// `segments`: those to walk; `batch`: entries at most in one answer.
  Iteration(server::CacheView view, std::vector<bool> segments, std::uint32_t batch, bool with_metadata, IterationConverter converter)
      : view_(std::move(view)), segments_(std::move(segments)), batch_(batch), with_metadata_(with_metadata), converter_(std::move(converter)) {}

  bool with_metadata() const { return with_metadata_; }
  /// An empty batch is the end.
  Result<IterationBatch> next();

 private:
  Status load_next_segment();

  const server::CacheView view_;
  const std::vector<bool> segments_;
  const std::uint32_t batch_;
  const bool with_metadata_;
  const IterationConverter converter_;  // may be empty
  std::uint32_t at_ = 0;                // the next segment to load
  std::vector<Entry> loaded_;           // what is left of the one before, last first
};

class Iterations : public std::enable_shared_from_this<Iterations> {
 public:
  static constexpr Duration kIdleMax = std::chrono::minutes(5);
  static constexpr std::size_t kPerConnectionMax = 1024;

  explicit Iterations(runtime::Runtime& runtime) : runtime_(runtime) {}

  /// The id under which it can be taken. `owner` is the connection: its end ends the iteration.
  Result<std::string> start(const void* owner, std::unique_ptr<Iteration> iteration);
  /// Null: unknown, ended, idle for too long, or taken by another request.
  std::unique_ptr<Iteration> take(const std::string& id);
  void give_back(const std::string& id, std::unique_ptr<Iteration> iteration);
  bool end(const std::string& id);
  void end_all_of(const void* owner);

 private:
  struct Slot {
    const void* owner = nullptr;
    std::unique_ptr<Iteration> iteration;
    Instant used;
  };
  void sweep();
  void arm_sweep() HF_REQUIRES(lock_);

  runtime::Runtime& runtime_;
  Mutex lock_;
  std::uint64_t started_ HF_GUARDED_BY(lock_) = 0;
  std::map<std::string, Slot> slots_ HF_GUARDED_BY(lock_);
  std::unique_ptr<runtime::Timer> timer_ HF_GUARDED_BY(lock_);
};

}  // namespace holdfast::hotrod
