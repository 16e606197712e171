#include "sim/checkers/durable.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

std::string text_of(const std::optional<std::string>& state) { return state ? "'" + *state + "'" : "absent"; }

}  // namespace

void DurableCheck::attempt(const std::string& key, std::optional<std::string> state, Outcome outcome) {
  attempts_[key].emplace_back(std::move(state), outcome);
}

void DurableCheck::found(const std::string& key, const std::optional<std::string>& state) {
  const auto at = attempts_.find(key);
  if (at == attempts_.end()) {
    violations_.push_back("key '" + key + "' is " + text_of(state) + " and was never written");
    return;
  }
  std::optional<std::string> acknowledged;  // absent before the first
  std::vector<std::optional<std::string>> possible;
  bool any = false;
  for (const auto& [attempted, outcome] : at->second) {
    if (outcome == Outcome::unknown) possible.push_back(attempted);
    if (outcome != Outcome::ok) continue;
    acknowledged = attempted;
    any = true;
  }
  possible.push_back(acknowledged);
  checked_ += any ? 1 : 0;
  if (std::find(possible.begin(), possible.end(), state) != possible.end()) return;
  violations_.push_back("key '" + key + "' is " + text_of(state) + "; the last acknowledged state was " + text_of(acknowledged));
}

}  // namespace holdfast::sim
