// What clients did and saw: the input of the checkers.
//
// Owner: the scenario.  Threads: one.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.h"

namespace holdfast::sim {

/// ok = acknowledged. fail = certainly not applied, and never will be. unknown = anything may have happened, or may yet.
enum class Outcome : std::uint8_t { ok, fail, unknown };

struct Observation {
  enum class Kind : std::uint8_t { read, write };
  Kind kind = Kind::read;
  Outcome outcome = Outcome::ok;
  std::uint32_t client = 0;
  std::uint32_t key = 0;
  std::uint64_t value = 0;   // written, or read; 0 = absent. A written value is written once in a history
  Duration invoked{};
  Duration returned{};
};

struct Violation {
  std::uint32_t key;
  std::string text;  // the story in a sentence
};

}  // namespace holdfast::sim
