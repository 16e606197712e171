// EXCL: one epoch has one table, so two nodes are never primary of a segment in it; and when a write is acknowledged, no node
// that the write need not have reached could still answer from an older view.
//
// Owner: the scenario.  Threads: one.  Waits: never.  Fails with: violations.
#pragma once

#include <map>
#include <set>

#include "sim/checkers/history.h"

namespace holdfast::sim {

/// What a node would do about a segment at this moment.
struct Duty {
  std::string node;
  std::uint32_t epoch = 0;
  std::uint64_t table = 0;  // a digest of who owns what
  bool primary = false;
  bool reads = false;       // it owns the segment for reading
  bool leased = false;      // it may answer by itself
};

class ExclusiveCheck {
 public:
  /// A write was acknowledged to a client whose node had installed `epoch` when it began; `owners` of the key then.
  void acknowledged(std::uint32_t segment, std::uint32_t epoch, const std::set<std::string>& owners, const std::vector<Duty>& nodes);
  /// Another line of epochs begins, as after a split.
  void forget() { tables_.clear(); }
  const CheckReport& report() const { return report_; }

 private:
  void violation(std::uint32_t segment, std::string text) { report_.violations.push_back({segment, std::move(text)}); }

  std::map<std::uint32_t, std::pair<std::uint64_t, std::string>> tables_;  // of each epoch, and who has it
  CheckReport report_;
};

}  // namespace holdfast::sim
