#include "sim/checkers/iterated.h"

namespace holdfast::sim {

CheckReport check_iterations(const std::vector<Iteration>& iterations, const std::set<std::string>& present) {
  CheckReport report;
  for (const Iteration& i : iterations) {
    const auto violation = [&](const std::string& key, const char* what) {
      report.violations.push_back({i.client, "the iteration of client " + std::to_string(i.client) + " that began at " +
                                                 std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(i.invoked).count()) + " us " + what + " '" + key + "'"});
    };
    for (const auto& [key, times] : i.shown) {
      if (times > 1) violation(key, "showed more than once");
    }
    for (const std::string& key : present) {
      ++report.checked;
      if (!i.shown.contains(key)) violation(key, "did not show");
    }
  }
  return report;
}

}  // namespace holdfast::sim
