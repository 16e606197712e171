// What operators tell and ask a cluster: may data move by itself, and how much memory the nodes have. The switches are
// the cluster's: the coordinator changes them, every member knows them, and the next coordinator takes over the newest.
//
// Owner: ClusterEngine.  Threads: any.  Waits: set_rebalancing() and memory(), for other nodes.
// Fails with: timeout; read functions give nothing for bytes that are none.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "engine/cluster_state.h"
#include "engine/clustered/wire.h"
#include "runtime/runtime.h"

namespace holdfast::engine::clustered {

namespace method {
inline constexpr cluster::Method kShare = 40;        // ReplicaHeader -> NodeShare
inline constexpr cluster::Method kMemory = 41;       // nothing -> NodeMemory
inline constexpr cluster::Method kRebalancing = 42;  // RebalanceOrder, to the coordinator -> nothing, when every member knows
inline constexpr cluster::Method kSwitches = 43;     // RebalanceSwitches, of the coordinator -> nothing
inline constexpr cluster::Method kAttribute = 44;    // AttributeChange -> nothing
}  // namespace method

/// A mutable attribute that was changed on the sender.
struct AttributeChange {
  std::string cache, path, value;
};

/// One switch of an operator.
struct RebalanceOrder {
  std::string cache;             // "" = every cache
  bool enabled = true;
};

struct RebalanceSwitches {
  std::uint64_t generation = 0;  // counts changes
  bool all_suspended = false;
  std::set<std::string> suspended;  // caches
  bool enabled(const std::string& cache) const { return !all_suspended && !suspended.contains(cache); }
  friend bool operator==(const RebalanceSwitches&, const RebalanceSwitches&) = default;
};

/// The switches as this node knows them.
class KnownSwitches {
 public:
  RebalanceSwitches get() const {
    Locked locked(lock_);
    return now_;
  }
  void set(RebalanceSwitches switches);
  /// Of another member, as whoever takes over learns them.
  void set_if_newer(RebalanceSwitches switches);
  /// Is told of every change, as bytes. Before anything changes.
  void on_change(std::function<void(BytesView)> keep) { keep_ = std::move(keep); }

 private:
  mutable SpinLock lock_;
  RebalanceSwitches now_ HF_GUARDED_BY(lock_);
  std::function<void(BytesView)> keep_;
};

void append_share(Bytes& out, const NodeShare& share);
std::optional<NodeShare> read_share(BytesView body);
void append_memory(Bytes& out, const NodeMemory& memory);
std::optional<NodeMemory> read_memory(BytesView body);
void append_order(Bytes& out, const RebalanceOrder& order);
std::optional<RebalanceOrder> read_order(BytesView body);
void append_attribute(Bytes& out, const AttributeChange& change);
std::optional<AttributeChange> read_attribute(BytesView body);
/// Changed attributes by path; what cannot be read is left out.
Bytes attributes_of(const std::map<std::string, std::string>& changed);
std::map<std::string, std::string> read_attributes(BytesView bytes);
void append_switches(Bytes& out, const RebalanceSwitches& switches);
std::optional<RebalanceSwitches> read_switches(Reader& in);

/// Of this node.
NodeMemory memory_of(runtime::Runtime& runtime, const Address& node);
/// Of every member that answers.
std::vector<NodeMemory> memory_of_members(runtime::Runtime& runtime, cluster::ClusterNode& node, Instant deadline);

}  // namespace holdfast::engine::clustered
