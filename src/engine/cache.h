// Cache: one cache of one world, on bytes. The typed public API, and every protocol through server/, end here.
//
// Owner: shared; the CacheManager holds one reference while the cache is defined.  Threads: any.
// Waits: only where clustered or persistent (neither yet).  Fails with: stopped, not_supported, too_large.
#pragma once

#include <holdfast/configuration.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "engine/cluster_state.h"
#include "engine/events.h"
#include "engine/statistics.h"
#include "model/mutation.h"

namespace holdfast::engine {

struct Invocation {
  Instant deadline = kNever;
  WriteFlag flags = WriteFlag::none;
};

/// Which entries an iteration shows.
struct IterationOptions {
  const std::vector<bool>* segments = nullptr;  // null = all; index = segment
};

class Cache {
 public:
  virtual ~Cache() = default;
  virtual const std::string& name() const = 0;
  virtual const CacheConfiguration& configuration() const = 0;
  virtual bool running() const = 0;

  /// The write path: decide() on what is there, commit, publish. See ARCHITECTURE.md.
  virtual Result<Outcome> write(const Invocation& in, const Mutation& mutation) = 0;
  /// The read path: shows the live entry to `visit`, which only copies (it runs under a short lock). False: absent.
  virtual Result<bool> read(const Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) = 0;
  /// A hint: operations on the key are coming. Of several keys first round 0 of all, then round 1.
  virtual void prefetch([[maybe_unused]] KeyHash hash, [[maybe_unused]] int round) const {}
  virtual Result<bool> contains(const Invocation& in, BytesView key) = 0;
  virtual Status clear(const Invocation& in) = 0;
  /// Live entries.
  virtual Result<std::uint64_t> size(const Invocation& in) = 0;
  /// Weakly consistent; `visit` runs outside of locks and returns false to stop.
  virtual Status for_each(const Invocation& in, const IterationOptions& options, FunctionRef<bool(const EntryView&)> visit) = 0;
  /// One segment's live entries, copied: the unit of resumable iterations.
  virtual Result<std::vector<Entry>> entries_of_segment(const Invocation& in, std::uint32_t segment) = 0;
  virtual std::uint32_t segments() const = 0;
  std::uint32_t segment(BytesView key) const { return segment_of(hash_key(key), segments()); }
  virtual void process_expiration() = 0;

  virtual ListenerId add_listener(ListenerSpec spec) = 0;
  /// False: unknown. When it returns, the listener is not running and will not run (unless it is its own caller).
  virtual bool remove_listener(ListenerId id) = 0;

  virtual StatisticsSnapshot statistics() const = 0;
  /// The sums over all nodes.
  virtual Result<StatisticsSnapshot> cluster_statistics(const Invocation&) { return statistics(); }
  virtual void reset_statistics() = 0;
  /// What each node has of the cache; of nodes that do not answer in time, nothing.
  virtual Result<std::vector<NodeShare>> distribution(const Invocation&) { return std::vector<NodeShare>{share()}; }
  /// What this node has.
  virtual NodeShare share() const;
  /// Who owns the key, the primary first.
  virtual std::vector<KeyOwner> owners_of(BytesView) const { return {{{}, true}}; }
  /// Changes an attribute that is mutable at run time (path as in REST: "memory.max-count", "expiration.lifespan").
  virtual Status set_attribute(const std::string& path, const std::string& value) = 0;
};
using CachePtr = std::shared_ptr<Cache>;

}  // namespace holdfast::engine
