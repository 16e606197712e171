#include "sim/checkers/exclusive.h"

namespace holdfast::sim {

void ExclusiveCheck::acknowledged(std::uint32_t segment, std::uint32_t epoch, const std::set<std::string>& owners, const std::vector<Duty>& nodes) {
  ++report_.checked;
  const Duty* primary = nullptr;
  for (const Duty& d : nodes) {
    const auto [known, fresh] = tables_.try_emplace(d.epoch, d.table, d.node);
    if (!fresh && known->second.first != d.table) violation(segment, known->second.second + " and " + d.node + " have different tables of epoch " + std::to_string(d.epoch));
    if (d.leased && d.reads && d.epoch < epoch && !owners.contains(d.node)) {
      violation(segment, d.node + " would still answer for segment " + std::to_string(segment) + " in epoch " + std::to_string(d.epoch) + " after a write of epoch " +
                             std::to_string(epoch) + " that it was not told of");
    }
    if (!d.leased || !d.primary) continue;
    if (primary != nullptr && primary->epoch == d.epoch) {
      violation(segment, primary->node + " and " + d.node + " are both primary of segment " + std::to_string(segment) + " in epoch " + std::to_string(d.epoch));
    }
    primary = &d;
  }
}

}  // namespace holdfast::sim
