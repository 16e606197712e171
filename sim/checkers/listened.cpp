#include "sim/checkers/listened.h"

#include <algorithm>
#include <map>

namespace holdfast::sim {
namespace {

using Kind = Operation::Kind;

bool writes_value(const Operation& o) {
  const bool kind = o.kind == Kind::put || o.kind == Kind::put_if_absent || o.kind == Kind::replace;
  return kind && o.outcome == Outcome::ok && o.done;
}

std::string text_of(const HeardEvent& e) {
  return (e.removed ? std::string("a remove") : "value " + std::to_string(e.value)) + " at " +
         std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(e.at).count()) + " us";
}

}  // namespace

CheckReport check_listening(const Listening& listening, const std::vector<Operation>& history, const std::set<std::uint64_t>& written) {
  CheckReport report;
  const auto violation = [&](std::uint32_t key, const std::string& what) { report.violations.push_back({key, listening.name + " " + what}); };
  // A remove comes after the entry that it removes, and before the next.
  std::map<std::uint32_t, std::pair<std::uint64_t, bool>> latest;
  std::set<std::uint64_t> values;
  for (const HeardEvent& e : listening.heard) {
    ++report.checked;
    if (!e.removed && !written.contains(e.value)) violation(e.key, "heard " + text_of(e) + ", which nobody wrote");
    values.insert(e.value);
    const std::pair now(e.version, e.removed);
    const auto at = latest.find(e.key);
    const bool apart = at != latest.end() && now <= at->second && !e.retried;
    if (apart) violation(e.key, "heard " + text_of(e) + " again or too late, and not marked as retried");
    if (at == latest.end() || now > at->second) latest[e.key] = now;
  }
  const Duration forgiven = listening.gaps.empty() ? Duration::min() : *std::max_element(listening.gaps.begin(), listening.gaps.end());
  for (const Operation& o : history) {
    if (!writes_value(o) || o.invoked < listening.since || o.invoked <= forgiven || o.returned > listening.until) continue;
    ++report.checked;
    if (!values.contains(o.value)) violation(o.key, "never heard of this: " + to_string(o));
  }
  return report;
}

}  // namespace holdfast::sim
