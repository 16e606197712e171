#include "sim/checkers/once.h"

#include <optional>

namespace holdfast::sim {
namespace {

using Kind = Operation::Kind;

struct Counted {
  std::uint64_t acknowledged = 0, unknown = 0;
};

/// The value that the operation surely replaced; nothing when it did not take effect or nobody knows.
std::optional<std::uint64_t> replaced(const Operation& o) {
  if (o.outcome != Outcome::ok || !o.done) return std::nullopt;
  if (o.kind == Kind::replace || o.kind == Kind::remove_if) return o.expected;
  const bool writes = o.kind == Kind::put || o.kind == Kind::remove;
  return writes && o.told_previous && o.previous != 0 ? std::optional(o.previous) : std::nullopt;
}

}  // namespace

CheckReport check_once(const std::vector<Operation>& history, const std::map<std::uint32_t, std::uint64_t>& last) {
  CheckReport report;
  std::map<std::uint32_t, Counted> counts;
  std::map<std::pair<std::uint32_t, std::uint64_t>, const Operation*> results, ends;
  const auto claim = [&](auto& taken, const Operation& o, std::uint64_t value, const char* what) {
    ++report.checked;
    const auto [at, fresh] = taken.emplace(std::pair(o.key, value), &o);
    if (!fresh) report.violations.push_back({o.key, std::string(what) + " twice: " + to_string(*at->second) + "; " + to_string(o)});
  };
  for (const Operation& o : history) {
    if (o.kind == Kind::increment) {
      Counted& c = counts[o.key];
      c.acknowledged += o.outcome == Outcome::ok ? 1 : 0;
      c.unknown += o.outcome == Outcome::unknown ? 1 : 0;
      if (o.outcome == Outcome::ok) claim(results, o, o.value, "one result was given");
    } else if (const auto value = replaced(o)) {
      claim(ends, o, *value, "one value was replaced");
    }
  }
  for (const auto& [key, c] : counts) {
    const auto at = last.find(key);
    if (at == last.end()) continue;
    if (at->second >= c.acknowledged && at->second <= c.acknowledged + c.unknown) continue;
    report.violations.push_back({key, "the counter ends at " + std::to_string(at->second) + " after " + std::to_string(c.acknowledged) + " acknowledged and " +
                                          std::to_string(c.unknown) + " unanswered increments"});
  }
  return report;
}

}  // namespace holdfast::sim
