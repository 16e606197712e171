#include "sim/checkers/general.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace holdfast::sim {
namespace {

using Kind = Operation::Kind;
using State = std::uint64_t;

/// What an operation without an answer makes of the state.
State blind(const Operation& o, State state) {
  switch (o.kind) {
    case Kind::read: return state;
    case Kind::put: return o.value;
    case Kind::put_if_absent: return state == 0 ? o.value : state;
    case Kind::replace: return state == o.expected ? o.value : state;
    case Kind::remove: return 0;
    case Kind::remove_if: return state == o.expected ? 0 : state;
    case Kind::increment: return state + 1;
    case Kind::clear: return 0;
  }
  return state;
}

/// The state after the operation, if its answer is right in this one.
std::optional<State> answered(const Operation& o, State state) {
  if (o.told_previous && o.previous != state) return std::nullopt;
  const auto when = [](bool right, State next) { return right ? std::optional(next) : std::nullopt; };
  switch (o.kind) {
    case Kind::read: return when(o.value == state, state);
    case Kind::put: return o.value;
    case Kind::put_if_absent: return when(o.done == (state == 0), o.done ? o.value : state);
    case Kind::replace: return when(o.done == (state == o.expected && state != 0), o.done ? o.value : state);
    case Kind::remove: return when(o.done == (state != 0), 0);
    case Kind::remove_if: return when(o.done == (state == o.expected && state != 0), o.done ? 0 : state);
    case Kind::increment: return when(state + 1 == o.value, o.value);
    case Kind::clear: return 0;
  }
  return std::nullopt;
}

/// One key's operations, and the search for their order.
class Search {
 public:
  explicit Search(std::size_t steps_max) : steps_left_(steps_max) {}

  void add(const Operation& o) {
    operations_.push_back({&o, o.outcome == Outcome::unknown, false});
    if (o.kind == Kind::clear && o.outcome == Outcome::ok) operations_.push_back({&o, false, true});
  }

  enum class Verdict { holds, violated, given_up };
  /// Operations with an answer are tried first, those that need not have happened only where the others do not suffice.
  Verdict run() {
    link();
    State state = 0;
    bool optional = false;
    std::uint32_t at = events_[0].next;
    while (open_ != 0) {
      const Event& event = events_[at];
      const Item& item = operations_[event.operation];
      if (event.call) {
        const auto next = need_not(item) == optional ? enter(event.operation, state) : std::nullopt;
        if (!next) {
          at = event.next;
          continue;
        }
        trail_.push_back({event.operation, state, std::max(latest_call(), at)});
        state = *next;
        optional = false;
        at = events_[0].next;
      } else if (item.twice) {  // a second effect that did not happen
        at = event.next;
      } else if (!optional) {   // it must have happened by now
        optional = true;
        at = events_[0].next;
      } else {
        if (steps_left_ == 0) return Verdict::given_up;
        note_stuck(event.operation);
        if (trail_.empty()) return Verdict::violated;
        const Step undone = trail_.back();
        trail_.pop_back();
        leave(undone.operation);
        state = undone.before;
        optional = need_not(operations_[undone.operation]);
        at = events_[call_of_[undone.operation]].next;
      }
    }
    return Verdict::holds;
  }

  std::string story() const {
    return to_string(*operations_[stuck_].what) + ": no order of the operations around it explains this answer";
  }

 private:
  struct Item {
    const Operation* what;
    bool unknown;
    bool twice;  // the second effect of a clear
  };
  static bool need_not(const Item& item) { return item.unknown || item.twice; }
  struct Event {
    std::uint32_t operation = 0;
    bool call = false;
    std::uint32_t previous = 0, next = 0;
  };
  struct Step {
    std::uint32_t operation;
    State before;
    std::uint32_t latest_call;  // of this and all before
  };

  /// Calls and returns in the order of time; at one time calls come first. Element 0 is the ring's end.
  void link() {
    struct Point {
      Duration at;
      bool call;
      std::uint32_t operation;
    };
    std::vector<Point> points;
    for (std::uint32_t i = 0; i < operations_.size(); ++i) {
      const Item& o = operations_[i];
      points.push_back({o.what->invoked, true, i});
      if (!o.unknown) points.push_back({o.what->returned, false, i});
      if (!need_not(o)) ++open_;
    }
    std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return std::tuple(a.at, !a.call, a.operation) < std::tuple(b.at, !b.call, b.operation); });
    events_.assign(points.size() + 1, {});
    call_of_.assign(operations_.size(), 0);
    return_of_.assign(operations_.size(), 0);
    happened_.assign(operations_.size() / 64 + 1, 0);
    for (std::uint32_t i = 0; i < points.size(); ++i) {
      events_[i + 1] = {points[i].operation, points[i].call, i, i + 2 > points.size() ? 0 : i + 2};
      (points[i].call ? call_of_ : return_of_)[points[i].operation] = i + 1;
    }
    events_[0].previous = static_cast<std::uint32_t>(points.size());
    events_[0].next = points.empty() ? 0 : 1;
  }
  void unlink(std::uint32_t at) {
    events_[events_[at].previous].next = events_[at].next;
    events_[events_[at].next].previous = events_[at].previous;
  }
  void relink(std::uint32_t at) {
    events_[events_[at].previous].next = at;
    events_[events_[at].next].previous = at;
  }

  std::uint32_t latest_call() const { return trail_.empty() ? 0 : trail_.back().latest_call; }
  /// Takes the operation as the next one in the order, if that is right and was not tried from here before.
  std::optional<State> enter(std::uint32_t i, State state) {
    const Item& item = operations_[i];
    if (item.twice && latest_call() > return_of_[i]) return std::nullopt;
    const auto next = need_not(item) ? std::optional(blind(*item.what, state)) : answered(*item.what, state);
    // What changes nothing and was not answered need not have happened.
    if (!next || (need_not(item) && *next == state)) return std::nullopt;
    happened_[i / 64] |= std::uint64_t{1} << (i % 64);
    if (steps_left_ == 0 || !seen_.emplace(happened_, *next).second) {
      happened_[i / 64] &= ~(std::uint64_t{1} << (i % 64));
      return std::nullopt;
    }
    --steps_left_;
    if (!need_not(item)) --open_;
    unlink(call_of_[i]);
    if (!item.unknown) unlink(return_of_[i]);
    return next;
  }
  void leave(std::uint32_t i) {
    const Item& item = operations_[i];
    happened_[i / 64] &= ~(std::uint64_t{1} << (i % 64));
    if (!need_not(item)) ++open_;
    if (!item.unknown) relink(return_of_[i]);
    relink(call_of_[i]);
  }
  void note_stuck(std::uint32_t operation) {
    if (trail_.size() < deepest_) return;
    deepest_ = trail_.size();
    stuck_ = operation;
  }

  std::vector<Item> operations_;
  std::vector<Event> events_;
  std::vector<std::uint32_t> call_of_, return_of_;
  std::vector<std::uint64_t> happened_;
  std::vector<Step> trail_;
  std::set<std::pair<std::vector<std::uint64_t>, State>> seen_;
  std::size_t open_ = 0;          // operations with an answer that have no place yet
  std::size_t steps_left_;
  std::size_t deepest_ = 0;
  std::uint32_t stuck_ = 0;
};

}  // namespace

GeneralReport check_general(const std::vector<Operation>& history, std::size_t steps_max) {
  std::map<std::uint32_t, std::vector<const Operation*>> keys;
  for (const Operation& o : history) {
    const bool saw_nothing = o.kind == Kind::read && o.outcome != Outcome::ok;
    if (o.outcome != Outcome::fail && !saw_nothing) keys[o.key].push_back(&o);
  }
  GeneralReport report;
  for (const auto& [key, operations] : keys) {
    Search search(steps_max);
    for (const Operation* o : operations) search.add(*o);
    const auto verdict = search.run();
    report.checked += operations.size();
    if (verdict == Search::Verdict::given_up) ++report.given_up;
    if (verdict == Search::Verdict::violated) report.violations.push_back({key, search.story()});
  }
  return report;
}

}  // namespace holdfast::sim
