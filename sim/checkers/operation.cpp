#include "sim/checkers/history.h"

namespace holdfast::sim {
namespace {

std::string_view name_of(Operation::Kind kind) {
  static constexpr std::string_view kNames[] = {"read", "put", "put-if-absent", "replace", "remove", "remove-if", "increment", "clear"};
  return kNames[static_cast<std::size_t>(kind)];
}
std::string microseconds(Duration time) {
  return time == Duration::max() ? std::string("the end") : std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) + " us";
}
std::string value_text(std::uint64_t value) { return value == 0 ? std::string("nothing") : std::to_string(value); }

}  // namespace

std::string to_string(const Operation& o) {
  using Kind = Operation::Kind;
  const bool answered = o.outcome == Outcome::ok;
  std::string text = "client " + std::to_string(o.client) + " " + std::string(name_of(o.kind));
  if (o.kind == Kind::put || o.kind == Kind::put_if_absent || o.kind == Kind::replace) text += " " + std::to_string(o.value);
  if (o.kind == Kind::replace || o.kind == Kind::remove_if) text += " expecting " + value_text(o.expected);
  text += " from " + microseconds(o.invoked) + " to " + microseconds(o.returned) + ": ";
  if (!answered) return text + (o.outcome == Outcome::fail ? "refused" : "no answer");
  if (o.kind == Kind::read || o.kind == Kind::increment) return text + value_text(o.value);
  text += o.done ? "done" : "not done";
  return o.told_previous ? text + ", there was " + value_text(o.previous) : text;
}

}  // namespace holdfast::sim
