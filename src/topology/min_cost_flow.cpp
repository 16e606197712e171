#include "topology/min_cost_flow.h"

#include <algorithm>
#include <deque>
#include <limits>

namespace holdfast::topology {
namespace {

constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 4;

}  // namespace

MinCostFlow::Node MinCostFlow::add_node() {
  first_.push_back(kNone);
  return static_cast<Node>(first_.size() - 1);
}

MinCostFlow::Edge MinCostFlow::add_edge(Node from, Node to, std::int32_t capacity, std::int32_t cost) {
  const auto edge = static_cast<Edge>(edges_.size());
  edges_.push_back({to, first_[from], capacity, cost});
  first_[from] = edge;
  edges_.push_back({from, first_[to], 0, -cost});
  first_[to] = edge + 1;
  return edge;
}

void MinCostFlow::preset(Edge edge, std::int32_t amount) {
  edges_[edge].left -= amount;
  edges_[edge ^ 1].left += amount;
}

bool MinCostFlow::find_distances(Node source, Node sink) {
  distance_.assign(first_.size(), kFar);
  std::vector<bool> queued(first_.size());
  std::deque<Node> queue{source};
  distance_[source] = 0;
  while (!queue.empty()) {
    const Node at = queue.front();
    queue.pop_front();
    queued[at] = false;
    for (std::uint32_t e = first_[at]; e != kNone; e = edges_[e].next) {
      const Half& edge = edges_[e];
      const std::int64_t reached = distance_[at] + edge.cost;
      if (edge.left == 0 || reached >= distance_[edge.to]) continue;
      distance_[edge.to] = reached;
      if (queued[edge.to]) continue;
      queued[edge.to] = true;
      // Smallest label first keeps nodes from being visited again and again.
      if (!queue.empty() && reached < distance_[queue.front()]) queue.push_front(edge.to);
      else queue.push_back(edge.to);
    }
  }
  return distance_[sink] < kFar;
}

std::int32_t MinCostFlow::push(Node at, Node sink, std::int32_t limit) {
  if (at == sink) return limit;
  on_path_[at] = true;
  std::int32_t pushed = 0;
  for (std::uint32_t& e = next_edge_[at]; e != kNone; e = edges_[e].next) {
    Half& edge = edges_[e];
    if (edge.left == 0 || on_path_[edge.to] || distance_[edge.to] != distance_[at] + edge.cost) continue;
    const std::int32_t done = push(edge.to, sink, std::min(limit - pushed, edge.left));
    edge.left -= done;
    edges_[e ^ 1].left += done;
    pushed += done;
    if (pushed == limit) break;
  }
  on_path_[at] = false;
  return pushed;
}

void MinCostFlow::run(Node source, Node sink) {
  while (find_distances(source, sink)) {
    on_path_.assign(first_.size(), false);
    std::int32_t pushed = 0;
    do {
      next_edge_ = first_;
      pushed = push(source, sink, std::numeric_limits<std::int32_t>::max());
    } while (pushed > 0);
  }
}

}  // namespace holdfast::topology
