// Hash factories: who owns which segment. Each is a plug-in by name; "balanced" is ours and the default, the others bear
// the original's names and distribute as it does (infinispan.md H-04).
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: nothing; without a member that can own, segments have no owner.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/registry.h"
#include "model/consistent_hash.h"

namespace holdfast::topology {

struct HashShape {
  std::uint32_t segments = 256;
  std::uint32_t owners = 2;  // wanted per segment; fewer when there are fewer nodes
};

class HashFactory {
 public:
  virtual ~HashFactory() = default;
  /// The table to reach for these members, coming from `current` (null, or made for other members: nodes are known by
  /// address). Deterministic. Members keep their order.
  virtual ConsistentHash rebalance(const HashShape& shape, const std::vector<HashMember>& members, const ConsistentHash* current) const = 0;
};
using HashFactoryPtr = std::shared_ptr<const HashFactory>;

inline constexpr const char* kDefaultHashFactory = "balanced";

/// The built-in ones by name, the original's class names among them.
Registry<HashFactoryPtr> builtin_hash_factories();

/// `current` without the members that are not in `staying`: the next owner in line becomes the primary. Segments that
/// lose every owner are handed to the least loaded node, empty.
ConsistentHash without_leavers(const ConsistentHash& current, const std::vector<HashMember>& staying);

/// Every owner of either table, `first`'s owners in front: who must hear of writes while data moves.
ConsistentHash union_of(const ConsistentHash& first, const ConsistentHash& second);

/// How many copies of segments `to` wants on nodes that hold none in `from`.
std::uint32_t moved_segments(const ConsistentHash& from, const ConsistentHash& to);

}  // namespace holdfast::topology
