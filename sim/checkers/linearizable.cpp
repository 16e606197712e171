#include "sim/checkers/linearizable.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

/// What was done with one value of one key.
struct Zone {
  std::uint64_t value;
  Duration first_return;
  Duration last_invocation;
  bool forward() const { return first_return < last_invocation; }
};

std::string text_of(Duration time) { return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(time).count()) + " us"; }
std::string text_of(const Zone& zone) {
  return (zone.value == 0 ? std::string("the absence") : "value " + std::to_string(zone.value)) + " (seen until " + text_of(zone.last_invocation) + ", done by " +
         text_of(zone.first_return) + ")";
}

class KeyCheck {
 public:
  KeyCheck(std::uint32_t key, LinearizableReport& report) : key_(key), report_(report) {}

  /// All observations of one value, the write first if there is one.
  void add_value(const Observation* begin, const Observation* end) {
    const std::uint64_t value = begin->value;
    const Observation* const write = begin->kind == Observation::Kind::write ? begin : nullptr;
    const Observation* const reads = write != nullptr ? begin + 1 : begin;
    report_.reads += static_cast<std::size_t>(end - reads);
    report_.writes += write != nullptr ? 1 : 0;
    if (write == nullptr && value != 0) return violation("value " + std::to_string(value) + " was read and never written");
    if (write != nullptr && reads != end && reads->kind == Observation::Kind::write) return violation("value " + std::to_string(value) + " was written twice: the history cannot be checked");
    if (write != nullptr && write->outcome == Outcome::fail) {
      if (reads != end) violation("value " + std::to_string(value) + " was read at " + text_of(reads->returned) + " though its write was refused");
      return;
    }
    if (write != nullptr && write->outcome == Outcome::unknown && reads == end) return;  // it may never have happened
    zones_.push_back(zone_of(value, write, reads, end));
  }

  void finish() {
    std::sort(zones_.begin(), zones_.end(), [](const Zone& a, const Zone& b) { return a.first_return != b.first_return ? a.first_return < b.first_return : a.value < b.value; });
    std::vector<Zone> forward;
    for (const Zone& zone : zones_) {
      if (!zone.forward()) continue;
      if (!forward.empty() && zone.first_return < forward.back().last_invocation) return contradiction(forward.back(), zone);
      forward.push_back(zone);
    }
    // Forward zones are apart now: the last one that began before a backward zone is the only one that may hold it.
    for (const Zone& zone : zones_) {
      if (zone.forward()) continue;
      const auto after = std::lower_bound(forward.begin(), forward.end(), zone.last_invocation, [](const Zone& z, Duration at) { return z.first_return < at; });
      if (after == forward.begin()) continue;
      const Zone& around = *std::prev(after);
      if (zone.first_return < around.last_invocation) return contradiction(around, zone);
    }
  }

 private:
  Zone zone_of(std::uint64_t value, const Observation* write, const Observation* reads, const Observation* end) {
    // The absence was written before everything.
    Zone zone{value, write == nullptr ? Duration::min() : Duration::max(), write == nullptr ? Duration::min() : write->invoked};
    if (write != nullptr && write->outcome == Outcome::ok) zone.first_return = write->returned;
    for (const Observation* read = reads; read != end; ++read) {
      zone.first_return = std::min(zone.first_return, read->returned);
      zone.last_invocation = std::max(zone.last_invocation, read->invoked);
      if (write != nullptr && read->returned < write->invoked) violation("value " + std::to_string(value) + " was read at " + text_of(read->returned) + ", before its write began at " + text_of(write->invoked));
    }
    return zone;
  }
  void contradiction(const Zone& a, const Zone& b) { violation(text_of(a) + " and " + text_of(b) + " were each there after the other"); }
  void violation(std::string text) { report_.violations.push_back({key_, std::move(text)}); }

  const std::uint32_t key_;
  LinearizableReport& report_;
  std::vector<Zone> zones_;
};

/// By key, then by value, the write before the reads.
std::vector<Observation> sorted(const std::vector<Observation>& history) {
  std::vector<Observation> all;
  all.reserve(history.size());
  for (const Observation& seen : history) {
    // A read without an answer saw nothing.
    if (seen.kind == Observation::Kind::write || seen.outcome == Outcome::ok) all.push_back(seen);
  }
  std::sort(all.begin(), all.end(), [](const Observation& a, const Observation& b) {
    if (a.key != b.key) return a.key < b.key;
    if (a.value != b.value) return a.value < b.value;
    if (a.kind != b.kind) return a.kind == Observation::Kind::write;
    return a.invoked < b.invoked;
  });
  return all;
}

}  // namespace

LinearizableReport check_linearizable(const std::vector<Observation>& history) {
  LinearizableReport report;
  const std::vector<Observation> all = sorted(history);
  const Observation* const end = all.data() + all.size();
  for (const Observation* at = all.data(); at != end;) {
    KeyCheck check(at->key, report);
    ++report.keys;
    const std::uint32_t key = at->key;
    while (at != end && at->key == key) {
      const Observation* next = at;
      while (next != end && next->key == key && next->value == at->value) ++next;
      check.add_value(at, next);
      at = next;
    }
    check.finish();
  }
  return report;
}

}  // namespace holdfast::sim
