#include "sim/checkers/converged.h"

namespace holdfast::sim {
namespace {

using Entries = std::map<std::string, Holding::Held>;

/// How two owners differ in a segment; "" when they do not.
std::string difference(const Entries& a, const Entries& b) {
  for (const auto& [key, held] : a) {
    const auto at = b.find(key);
    if (at == b.end()) return "'" + key + "' is there and not there";
    if (!(at->second == held)) {
      return "'" + key + "' is '" + held.value + "' of version " + std::to_string(held.version) + " and '" + at->second.value + "' of version " + std::to_string(at->second.version);
    }
  }
  return a.size() == b.size() ? "" : difference(b, a);
}

}  // namespace

CheckReport check_converged(const std::vector<Holding>& nodes) {
  CheckReport report;
  const auto violation = [&](std::uint32_t segment, std::string text) { report.violations.push_back({segment, std::move(text)}); };
  std::map<std::uint32_t, const Holding*> first;  // owner of each segment
  static const Entries kNothing;
  for (const Holding& node : nodes) {
    if (node.under_way != 0) violation(0, std::to_string(node.under_way) + " writes have no end on " + node.node);
    for (const auto& [segment, entries] : node.segments) {
      if (!node.owned.contains(segment) && !entries.empty()) {
        violation(segment, node.node + " still holds '" + entries.begin()->first + "' of segment " + std::to_string(segment) + ", which it does not own");
      }
    }
    for (const std::uint32_t segment : node.owned) {
      const auto at = node.segments.find(segment);
      const Entries& here = at == node.segments.end() ? kNothing : at->second;
      report.checked += here.size();
      const auto [other, fresh] = first.emplace(segment, &node);
      if (fresh) continue;
      const auto there = other->second->segments.find(segment);
      const std::string what = difference(there == other->second->segments.end() ? kNothing : there->second, here);
      if (!what.empty()) violation(segment, "segment " + std::to_string(segment) + " on " + other->second->node + " and " + node.node + ": " + what);
    }
  }
  return report;
}

CheckReport check_invented(const std::set<std::pair<std::string, std::string>>& seen, const std::set<std::pair<std::string, std::string>>& written) {
  CheckReport report;
  for (const auto& what : seen) {
    ++report.checked;
    if (!written.contains(what)) report.violations.push_back({0, "'" + what.first + "' was seen as '" + what.second + "', which nobody wrote"});
  }
  return report;
}

}  // namespace holdfast::sim
