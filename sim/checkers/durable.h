// DUR: is what was acknowledged still there in the end? Each key has one writer, whose attempts follow one another; the
// final state must be the last acknowledged attempt, or one whose outcome is unknown (which may take effect late).
//
// Owner: the scenario.  Threads: one.  Waits: never.  Fails with: violations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/checkers/history.h"

namespace holdfast::sim {

class DurableCheck {
 public:
  /// `state`: what the attempt would leave behind; nothing = absent.
  void attempt(const std::string& key, std::optional<std::string> state, Outcome outcome);
  /// What is there. Keys without an attempt must not be asked for.
  void found(const std::string& key, const std::optional<std::string>& state);
  const std::map<std::string, std::vector<std::pair<std::optional<std::string>, Outcome>>>& attempts() const { return attempts_; }
  const std::vector<std::string>& violations() const { return violations_; }
  /// How many acknowledged keys were looked at.
  std::size_t checked() const { return checked_; }

 private:
  std::map<std::string, std::vector<std::pair<std::optional<std::string>, Outcome>>> attempts_;
  std::vector<std::string> violations_;
  std::size_t checked_ = 0;
};

}  // namespace holdfast::sim
