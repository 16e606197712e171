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

/// What a checker says. Nothing checked proves nothing.
struct CheckReport {
  std::vector<Violation> violations;
  std::size_t checked = 0;
};

/// One operation on one key, with what the client was told. 0 stands for the absence of a value.
struct Operation {
  enum class Kind : std::uint8_t { read, put, put_if_absent, replace, remove, remove_if, increment, clear };
  Kind kind = Kind::read;
  Outcome outcome = Outcome::unknown;
  bool done = false;            // the condition held: it took effect
  bool told_previous = false;
  std::uint32_t client = 0;
  std::uint32_t number = 0;     // of the client's operations
  std::uint32_t key = 0;
  std::uint64_t value = 0;      // written, read, or what the increment made of it
  std::uint64_t expected = 0;   // replace, remove_if: the value that must be there
  std::uint64_t previous = 0;   // that was there, if it was told
  Duration invoked{};
  Duration returned{};
};
std::string to_string(const Operation& operation);

}  // namespace holdfast::sim
