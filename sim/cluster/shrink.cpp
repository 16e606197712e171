#include "sim/cluster/shrink.h"

#include <algorithm>

namespace holdfast::sim {
namespace {

class Shrinker {
 public:
  Shrinker(const Plan& plan, const StoryReport& found, std::size_t tries_max) : best_{plan, found, found.findings.front(), 0}, tries_max_(tries_max) {}

  Shrunk run() {
    for (std::size_t i = best_.plan.faults.size(); i-- > 0;) {
      Plan fewer = best_.plan;
      fewer.faults.erase(fewer.faults.begin() + static_cast<std::ptrdiff_t>(i));
      take(fewer);
    }
    Plan simpler = best_.plan;
    simpler.work.listeners = false;
    take(simpler);
    simpler = best_.plan;
    simpler.work.clients_per_node = 1;
    take(simpler);
    only_the_key();
    fewer_operations();
    return std::move(best_);
  }

 private:
  /// The plan replaces the best one if the same checker still finds something, of the same key where one is known.
  bool take(const Plan& plan) {
    if (best_.tries >= tries_max_) return false;
    ++best_.tries;
    StoryReport report = tell(plan);
    const auto same = std::find_if(report.findings.begin(), report.findings.end(), [&](const Finding& f) {
      return f.checker == best_.finding.checker && (plan.work.only_keys.empty() || f.key == best_.finding.key);
    });
    if (same == report.findings.end()) return false;
    best_.finding = *same;
    best_.report = std::move(report);
    best_.plan = plan;
    return true;
  }

  void only_the_key() {
    if (best_.finding.key >= kStableKeys) return;
    Plan one = best_.plan;
    one.work.only_keys = {best_.finding.key};
    take(one);
  }

  /// Halves, quarters, and so on of what is left.
  void fewer_operations() {
    for (std::size_t parts = 2; best_.tries < tries_max_; parts *= 2) {
      const std::vector<Operation> all = best_.report.history;
      const std::size_t size = std::max<std::size_t>(all.size() / parts, 1);
      for (std::size_t from = 0; from < all.size(); from += size) {
        Plan without = best_.plan;
        for (std::size_t i = from; i < std::min(from + size, all.size()); ++i) without.work.skipped.emplace(all[i].client, all[i].number);
        take(without);
      }
      if (size == 1) return;
    }
  }

  Shrunk best_;
  const std::size_t tries_max_;
};

std::string microseconds(Duration time) { return std::to_string(time / std::chrono::microseconds(1)) + " us"; }

}  // namespace

Shrunk shrink(const Plan& plan, const StoryReport& found, std::size_t tries_max) { return Shrinker(plan, found, tries_max).run(); }

std::vector<std::string> lines_of(const Shrunk& shrunk, std::size_t lines_max) {
  std::vector<std::pair<Duration, std::string>> lines;
  for (std::size_t i = 0; i < shrunk.report.disturbed.size() && i < shrunk.plan.faults.size(); ++i) {
    const Disturbed& d = shrunk.report.disturbed[i];
    lines.emplace_back(d.from, microseconds(d.from) + " to " + microseconds(d.to) + ": " + to_string(shrunk.plan.faults[i]));
  }
  const bool of_key = shrunk.finding.key != ~std::uint32_t{0};
  for (const Operation& o : shrunk.report.history) {
    if (!of_key || o.key == shrunk.finding.key || o.kind == Operation::Kind::clear) lines.emplace_back(o.invoked, to_string(o));
  }
  std::stable_sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> out;
  const std::size_t dropped = lines.size() > lines_max ? lines.size() - lines_max : 0;
  if (dropped != 0) out.push_back("(" + std::to_string(dropped) + " earlier ones)");
  for (std::size_t i = dropped; i < lines.size(); ++i) out.push_back(std::move(lines[i].second));
  out.push_back(shrunk.finding.checker + (of_key && shrunk.finding.key < kDurableKeys ? " '" + key_name(shrunk.finding.key) + "': " : ": ") + shrunk.finding.text);
  return out;
}

}  // namespace holdfast::sim
