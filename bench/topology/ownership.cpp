// bench/run ownership: what each hash factory makes of clusters of 2 to 128 nodes: the largest share of owners and
// primaries over the mean (over the mean rounded up, which no table of whole segments can beat, for the goal), and the
// segments moved by a join and by a leave over the least possible.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "topology/hash_factory.h"

namespace {

using namespace holdfast;
using namespace holdfast::topology;

std::vector<HashMember> nodes(std::size_t from, std::size_t count) {
  std::vector<HashMember> members(count);
  for (std::size_t i = 0; i < count; ++i) members[i].address = {"node-" + std::to_string(from + i), from + i + 1};
  return members;
}

struct Load {
  double over_mean = 0;
  bool exact = true;  // nobody above the mean rounded up
};
Load load(const std::vector<std::uint32_t>& counts, double total) {
  const double mean = total / static_cast<double>(counts.size());
  const std::uint32_t most = *std::max_element(counts.begin(), counts.end());
  return {most / mean, most <= std::ceil(mean - 1e-9)};
}

struct Row {
  Load owners, primaries;
  double join = 0, leave = 0;  // moved over the least possible
};

Row measure(const HashFactory& factory, const HashShape& shape, std::size_t count) {
  const double copies = std::min<double>(shape.owners, static_cast<double>(count));
  const ConsistentHash before = factory.rebalance(shape, nodes(0, count), nullptr);
  Row row;
  row.owners = load(before.owned_counts(), copies * shape.segments);
  row.primaries = load(before.primary_counts(), shape.segments);
  const ConsistentHash joined = factory.rebalance(shape, nodes(0, count + 1), &before);
  const double joiner = std::floor(std::min<double>(shape.owners, static_cast<double>(count) + 1) * shape.segments / static_cast<double>(count + 1));
  row.join = moved_segments(before, joined) / std::max(1.0, joiner);
  if (count < 3) return row;
  const ConsistentHash left = without_leavers(before, nodes(1, count - 1));
  const ConsistentHash after = factory.rebalance(shape, nodes(1, count - 1), &left);
  const double lost = before.owned_counts()[0];
  row.leave = moved_segments(left, after) / std::max(1.0, lost);
  return row;
}

std::string short_name(const std::string& name) { return name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1); }

}  // namespace

int main() {
  const HashShape shape{256, 2};
  const auto registry = builtin_hash_factories();
  bool good = true;
  std::printf("%-40s %5s  %-13s %-15s %-10s %-10s\n", "256 segments, 2 owners", "nodes", "owners/mean", "primaries/mean", "join", "leave");
  for (const std::size_t count : {2, 3, 4, 5, 8, 10, 16, 25, 32, 50, 64, 100, 128}) {
    for (const auto& [name, factory] : registry.entries()) {
      if (name.find("TopologyAware") != std::string::npos || name.find("Replicated") != std::string::npos) continue;
      const Row row = measure(*factory, shape, count);
      std::printf("%-40s %5zu  %-13.3f %-15.3f %-10.2f %-10.2f\n", short_name(name).c_str(), count, row.owners.over_mean, row.primaries.over_mean, row.join, row.leave);
      if (name == kDefaultHashFactory) good &= row.owners.exact && row.primaries.exact && row.join <= 1.0 && row.leave <= 1.0;
    }
  }
  std::printf("ours: nobody above the mean rounded up to a segment, moves / least possible <= 1.00 (goal 1.00): %s\n", good ? "ok" : "short");
  return good ? 0 : 1;
}
