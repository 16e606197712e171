// Plan: what a story is made of, as data: the cluster's shape, the clients' kind of work, and the faults one after another.
// A seed gives a plan; a plan and a seed give one run. Shrinking takes parts out of a plan.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: faults_of() gives nothing for a name that is none.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/cluster/workload.h"

namespace holdfast::sim {

enum class FaultKind : std::uint8_t {
  kill,           // a node's process ends, and starts again after a while
  power,          // the machine goes without a word
  pause,          // a node stops for a while, for longer or shorter than it takes to be missed
  leave,          // a node leaves gracefully and comes again
  reset,          // the connections of two nodes break
  slow,           // a node is many times slower
  link,           // a node's links are slow and lossy
  clock,          // a node's clocks drift, its wall clock jumps
  cut,            // one direction between two nodes is cut, for less time than it takes to be missed
  scale_down,     // as many nodes as there are owners leave at once, and come again
  storm,          // nodes that left come again all at once, or shortly after one another
  crash_in_move,  // a node dies while another one joins
  coordinator,    // the coordinator dies
  split,          // the cluster falls into two sides, which go on; then it heals (last in a story)
  stall,          // a node stops for moments, none long enough to be missed, and much of what is sent to it arrives late
  deaf,           // a node receives nothing, for less time than it takes to be missed or for more
};
inline constexpr std::size_t kFaultKinds = 16;
std::string_view name_of(FaultKind kind);
/// "kill,pause": by name; nothing when a name is none of them.
std::optional<std::set<FaultKind>> faults_of(const std::string& list);
std::string all_fault_names();

struct Fault {
  FaultKind kind = FaultKind::kill;
  Duration after{};          // undisturbed work before it
  std::size_t victim = 0, other = 0;
  Duration length{};
  std::uint64_t amount = 0;  // a kind's own: how slow, how many, which direction
};
std::string to_string(const Fault& fault);

struct PlanOptions {
  std::size_t nodes = 0;     // 0 = 3 to 5, by the seed
  std::set<FaultKind> kinds; // empty = all
  std::optional<GridOptions> shape;  // of the cache, instead of the seed's
  /// Caches of a file, and their names: one story is about the first, the next about the second, and so on.
  std::vector<std::pair<std::string, CacheConfiguration>> caches;
};

struct Plan {
  std::uint64_t seed = 1;
  std::string cache;         // its name in the file that it comes from
  GridOptions grid;
  WorkloadOptions work;
  std::vector<Fault> faults;
};
Plan plan_of(std::uint64_t seed, const PlanOptions& options = {});

}  // namespace holdfast::sim
