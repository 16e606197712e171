#include "sim/cluster/judge.h"

#include <algorithm>

#include "sim/checkers/durable.h"
#include "sim/checkers/general.h"
#include "sim/checkers/linearizable.h"
#include "sim/checkers/once.h"

namespace holdfast::sim {
namespace {

using namespace std::chrono_literals;
using Kind = Operation::Kind;

constexpr Duration kLongest = 5s;   // that a client of a healthy node may have to wait while another one hangs

void take(StoryReport& report, const std::string& checker, const std::vector<Violation>& violations, std::size_t looked_at) {
  for (const Violation& v : violations) report.findings.push_back({checker, v.key, v.text});
  report.looked_at[checker] += looked_at;
}

bool is_register(std::uint32_t key) { return key < kGeneralKeys; }

/// Registers as the fast checker takes them: writes of values, and reads.
std::vector<Observation> observations(const std::vector<Operation>& history) {
  std::vector<Observation> all;
  for (const Operation& o : history) {
    if (!is_register(o.key)) continue;
    all.push_back({o.kind == Kind::read ? Observation::Kind::read : Observation::Kind::write, o.outcome, o.client, o.key, o.value, o.invoked, o.returned});
  }
  return all;
}

/// A clear is an operation on every key.
std::vector<Operation> with_clears_on_keys(const std::vector<Operation>& history, const WorkloadOptions& work) {
  std::vector<Operation> all;
  for (const Operation& o : history) {
    if (o.kind != Kind::clear) {
      all.push_back(o);
      continue;
    }
    for (const auto& [first, count] : {std::pair(0U, work.registers), std::pair(kGeneralKeys, work.generals), std::pair(kCounterKeys, work.counters)}) {
      for (std::uint32_t key = first; key < first + count; ++key) {
        Operation on_key = o;
        on_key.key = key;
        all.push_back(on_key);
      }
    }
  }
  return all;
}

void judge_linear(const Plan& plan, const std::vector<Operation>& history, const std::string& where, StoryReport& report) {
  std::vector<Operation> general;
  if (plan.work.clears) {
    general = with_clears_on_keys(history, plan.work);
  } else {
    const LinearizableReport fast = check_linearizable(observations(history));
    take(report, "LIN" + where, fast.violations, fast.reads + fast.writes);
    std::copy_if(history.begin(), history.end(), std::back_inserter(general), [](const Operation& o) { return !is_register(o.key) && o.key < kStableKeys; });
  }
  const GeneralReport slow = check_general(general);
  take(report, "LIN" + where, slow.violations, slow.checked);
  report.given_up += slow.given_up;
}

void judge_durable(const std::vector<Operation>& history, StoryReport& report) {
  DurableCheck check;
  for (const Operation& o : history) {
    if (o.key >= kStableKeys && o.kind == Kind::put) check.attempt(key_name(o.key), std::to_string(o.value), o.outcome);
  }
  for (const Operation& o : history) {
    if (o.key < kStableKeys || o.kind != Kind::read || o.outcome != Outcome::ok) continue;
    const std::size_t before = check.violations().size();
    check.found(key_name(o.key), o.value == 0 ? std::nullopt : std::optional(std::to_string(o.value)));
    for (std::size_t v = before; v < check.violations().size(); ++v) {
      report.findings.push_back({"DUR", o.key, check.violations()[v] + "; read by client " + std::to_string(o.client)});
    }
  }
  report.looked_at["DUR"] += check.checked();
}

std::set<std::pair<std::string, std::string>> attempts(const std::vector<Operation>& history) {
  std::set<std::pair<std::string, std::string>> all;
  for (const Operation& o : history) {
    if (o.value != 0 && o.kind != Kind::read && o.kind != Kind::increment) all.emplace(key_name(o.key), std::to_string(o.value));
  }
  return all;
}

void judge_once(const Plan& plan, const std::vector<Operation>& history, StoryReport& report) {
  std::map<std::uint32_t, std::uint64_t> last;
  std::vector<Operation> some;
  for (const Operation& o : history) {
    const bool counter = o.key >= kCounterKeys && o.key < kStableKeys;
    if (counter && plan.work.clears) continue;  // they begin again
    if (counter && o.kind == Kind::read && o.outcome == Outcome::ok) last[o.key] = o.value;
    some.push_back(o);
  }
  const CheckReport once = check_once(some, last);
  take(report, "ONCE", once.violations, once.checked);
}

/// Nobody waits long but the clients of nodes that something happened to.
void judge_live(const Workload& work, const Disturbance& disturbance, StoryReport& report) {
  for (const Operation& o : work.history()) {
    if (o.returned == Duration::max() || o.returned - o.invoked <= kLongest) continue;
    const bool excused = std::any_of(disturbance.log().begin(), disturbance.log().end(), [&](const Disturbed& d) {
      return d.nodes.contains(Workload::node_of(o.client)) && o.returned >= d.from && (d.to == Duration{} || o.invoked <= d.to);
    });
    if (!excused) report.findings.push_back({"LIVE", o.key, "a client of a healthy node waited too long: " + to_string(o)});
  }
  report.looked_at["LIVE"] += work.history().size();
}

void judge_listeners(const Workload& work, StoryReport& report) {
  std::set<std::uint64_t> written;
  for (const Operation& o : work.history()) {
    if (o.kind != Kind::read && o.kind != Kind::increment) written.insert(o.value);
  }
  for (const auto& l : work.listenings()) {
    const CheckReport heard = check_listening(*l, work.history(), written);
    take(report, "LISTEN", heard.violations, heard.checked);
  }
}

void judge_invented(const Workload& work, StoryReport& report) {
  const CheckReport invented = check_invented(work.seen(), attempts(work.history()));
  take(report, "INVENT", invented.violations, invented.checked);
}

/// What is common to all stories of synchronous caches.
void judge_rest(const Workload& work, StoryReport& report) {
  report.checked = work.history().size();
  judge_durable(work.history(), report);
  judge_invented(work, report);
}

}  // namespace

void judge_whole(const Plan& plan, const Workload& work, const Disturbance& disturbance, StoryReport& report) {
  judge_linear(plan, work.history(), "", report);
  judge_once(plan, work.history(), report);
  judge_live(work, disturbance, report);
  judge_rest(work, report);
  const CheckReport iterations = check_iterations(work.iterations(), work.stable_keys());
  take(report, "ITER", iterations.violations, iterations.checked);
  judge_listeners(work, report);
  take(report, "EXCL", work.exclusive().report().violations, work.exclusive().report().checked);
}

void judge_asynchronous(const Workload& work, const Disturbance& disturbance, StoryReport& report) {
  report.checked = work.history().size();
  judge_live(work, disturbance, report);
  judge_invented(work, report);
}

void judge_quiet(Grid& grid, StoryReport& report) {
  const CheckReport converged = check_converged(Workload::holdings(grid));
  take(report, "CONV", converged.violations, converged.checked);
}

// ---- Splits

namespace {

/// What one side may be judged by: everything before the cut, and its own until the wires were healed. What the other side
/// had under way when they were cut may have come through. Keys without an owner on this side begin absent.
std::vector<Operation> side_of(const Plan& plan, const std::vector<Operation>& history, const Split& split, const Split::Side& side) {
  std::vector<Operation> all;
  for (Operation o : history) {
    if (o.invoked >= split.healed) continue;
    const bool own = side.nodes.contains(Workload::node_of(o.client));
    const bool lost = side.lost.contains(segment_of(hash_key(key_name(o.key)), plan.grid.segments));
    if (lost && o.returned < split.cut) continue;
    if (!own && o.invoked >= split.cut) continue;
    if (o.returned > (own ? split.healed : split.cut)) {
      if (o.kind == Kind::read) continue;
      o.outcome = Outcome::unknown;
      o.told_previous = false;
      o.returned = Duration::max();
    }
    all.push_back(o);
  }
  return all;
}

/// The operation changed the key, or may have.
bool may_change(const Operation& o, std::uint32_t key) {
  return o.key == key && o.kind != Kind::read && o.outcome != Outcome::fail && (o.outcome != Outcome::ok || o.done);
}

bool explains(const std::vector<Operation>& side, const std::vector<Operation>& seen, std::uint32_t key) {
  std::vector<Operation> all = side;
  all.insert(all.end(), seen.begin(), seen.end());
  std::erase_if(all, [&](const Operation& o) { return o.key != key; });
  return is_register(key) ? check_linearizable(observations(all)).violations.empty() : check_general(all).violations.empty();
}

/// A key that one side wrote or removed keeps that; one that both changed keeps the last of either side.
void judge_merged_key(std::uint32_t key, const std::vector<std::vector<Operation>>& sides, const std::vector<Operation>& history, const Split& split, StoryReport& report) {
  Duration rewritten = Duration::max();
  for (const Operation& o : history) {
    if (o.invoked >= split.healed && o.key == key && o.kind != Kind::read) rewritten = std::min(rewritten, o.invoked);
  }
  std::vector<Operation> seen;
  for (const Operation& o : history) {
    if (o.key == key && o.invoked >= split.healed && o.kind == Kind::read && o.invoked < rewritten) seen.push_back(o);
  }
  const auto changed = [&](const std::vector<Operation>& side) {
    return std::any_of(side.begin(), side.end(), [&](const Operation& o) { return o.invoked >= split.cut && may_change(o, key); });
  };
  const bool any_side_changed = std::any_of(sides.begin(), sides.end(), changed);
  const bool explained = std::any_of(sides.begin(), sides.end(), [&](const auto& side) { return (!any_side_changed || changed(side)) && explains(side, seen, key); });
  report.looked_at["MERGE"] += seen.size();
  if (!explained) report.findings.push_back({"MERGE", key, "after the merge '" + key_name(key) + "' is " + (seen.empty() ? std::string("unread") : to_string(seen.front())) + ", which neither side explains"});
}

void judge_merge(const Plan& plan, const std::vector<Operation>& history, const Split& split, StoryReport& report) {
  std::vector<std::vector<Operation>> sides;
  for (const auto& side : split.sides) sides.push_back(side_of(plan, history, split, side));
  for (std::uint32_t key = 0; key < plan.work.registers; ++key) judge_merged_key(key, sides, history, split, report);
  for (std::uint32_t key = 0; key < plan.work.generals; ++key) judge_merged_key(kGeneralKeys + key, sides, history, split, report);
}

}  // namespace

void judge_split(const Plan& plan, const Workload& work, const Disturbance& disturbance, StoryReport& report) {
  const Split& split = *disturbance.split();
  for (const auto& side : split.sides) judge_linear(plan, side_of(plan, work.history(), split, side), " of one side", report);
  judge_merge(plan, work.history(), split, report);
  judge_rest(work, report);
}

}  // namespace holdfast::sim
