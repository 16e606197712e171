// Placement: the arithmetic behind the balanced hash factory. How many segments each node should own, and the table that
// reaches this with the fewest moves: two minimum-cost flows, one for owners, one for primaries.
//
// Copies of a segment are spread over sites, then racks, then machines as widely as there are any; then loads follow the
// capacity factors to within one segment; then as little as possible moves. In this order, exactly.
//
// Owner: the caller.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <vector>

#include "topology/hash_factory.h"

namespace holdfast::topology {

/// A group of nodes that fail together: the cluster, a site, a rack, a machine, or (without children) one node.
struct FaultDomain {
  std::vector<FaultDomain> children;
  NodeIndex node = kNoNode;
  double capacity = 0;      // sum of the capacity factors below
  std::uint32_t nodes = 0;  // below, with a capacity
};

/// Levels with one group only are left out. Nodes without capacity are not in it.
FaultDomain fault_domains(const std::vector<HashMember>& members);

/// The least number of copies that some child must take when `copies` are spread over the children of a domain.
std::uint32_t copies_per_child(const FaultDomain& domain, std::uint32_t copies);

/// Per member: how many copies it should own, in proportion to the capacity factors as far as the spreading admits.
std::vector<double> ideal_loads(const FaultDomain& domains, std::size_t members, const HashShape& shape);

/// Owners per segment; the current ones come first in their order. `current` lists owners as indexes of `members`.
std::vector<ConsistentHash::Owners> place_owners(const FaultDomain& domains, const std::vector<double>& loads, const HashShape& shape,
                                                 const std::vector<ConsistentHash::Owners>& current);

/// Puts a primary in front of each list: the present one if it can stay, else a node that has the data, else a new one.
void place_primaries(std::vector<ConsistentHash::Owners>& owners, const std::vector<double>& loads, const std::vector<ConsistentHash::Owners>& current);

}  // namespace holdfast::topology
