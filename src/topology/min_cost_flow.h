// Minimum-cost maximum flow on small integer capacities and costs: the primal-dual method (Ford and Fulkerson 1962):
// shortest distances by cost, then a blocking flow on the edges that lie on shortest paths, until the sink is cut off.
//
// Owner: the caller, for one computation.  Threads: one at a time.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <vector>

namespace holdfast::topology {

class MinCostFlow {
 public:
  using Node = std::uint32_t;
  using Edge = std::uint32_t;

  explicit MinCostFlow(std::uint32_t nodes) : first_(nodes, kNone) {}
  Node add_node();
  Edge add_edge(Node from, Node to, std::int32_t capacity, std::int32_t cost);

  /// Puts flow on an edge before run(): the caller sees to it that it is conserved, and that no cheaper flow of the
  /// same amount exists (flow along edges of cost 0 is such a one while no cost is negative).
  void preset(Edge edge, std::int32_t amount);
  /// Adds the cheapest flow, as much as fits.
  void run(Node source, Node sink);
  std::int32_t flow(Edge edge) const { return edges_[edge ^ 1].left; }
  std::int32_t room(Edge edge) const { return edges_[edge].left; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Half {
    Node to;
    std::uint32_t next;  // of the same start
    std::int32_t left;   // capacity left
    std::int32_t cost;
  };
  bool find_distances(Node source, Node sink);
  std::int32_t push(Node at, Node sink, std::int32_t limit);

  std::vector<std::uint32_t> first_;
  std::vector<Half> edges_;
  std::vector<std::int64_t> distance_;
  std::vector<std::uint32_t> next_edge_;
  std::vector<bool> on_path_;
};

}  // namespace holdfast::topology
