// LISTEN: a listener hears every acknowledged write of its time at least once, each key's in commit order, what it hears again is
// marked as retried, nothing is made up, and where it may have missed something it was told so.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: violations.
#pragma once

#include <set>

#include "sim/checkers/history.h"

namespace holdfast::sim {

struct HeardEvent {
  std::uint32_t key = 0;
  bool removed = false;
  bool retried = false;
  std::uint64_t value = 0;    // new, or 0
  std::uint64_t version = 0;  // of the entry; of the removed one
  Duration at{};
};

/// One registration, on one life of one node.
struct Listening {
  std::string name;
  Duration since{};           // registered
  Duration until{};           // the node ended, or the story
  std::vector<Duration> gaps; // when it was told that it may have missed events
  std::vector<HeardEvent> heard;
};

/// `written`: every value that anybody tried to write.
CheckReport check_listening(const Listening& listening, const std::vector<Operation>& history, const std::set<std::uint64_t>& written);

}  // namespace holdfast::sim
