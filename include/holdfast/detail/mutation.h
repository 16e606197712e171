// Mutation: one write to one key, as data. Mutation = Precondition + Effect + Return. PUT_IF_ABSENT, SET NX and
// memcached's add are one row here.
//
// Owner: a Mutation borrows its bytes from the caller for the length of the call.  Threads: as values.  Waits: never.
#pragma once

#include <holdfast/detail/entry_view.h>
#include <holdfast/detail/function_ref.h>
#include <holdfast/flags.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

using WriteFlag = Flag;

enum class Precondition : std::uint8_t {
  always,
  if_absent,
  if_present,
  if_version,  // present, with Mutation::expected_version
  if_value,    // present, with Mutation::expected_value
  if_newer,    // nothing is there that is as new as Mutation::expected_version (what a split left, when it is merged)
};

enum class Effect : std::uint8_t {
  put,     // value and expiration
  remove,
  touch,   // refresh last-used; no new version, no event
  apply,   // Mutation::function computes the new value from the present one
  evict,   // forget the entry in memory; stores keep it
  expire,  // remove because the entry is over (the reaper, or an access that met it)
};

enum class ReturnMode : std::uint8_t { nothing, previous };

/// What an apply function makes of an entry: keep it, remove it, or put a value.
struct Applied {
  enum class Kind : std::uint8_t { keep, remove, put } kind = Kind::keep;
  std::string value;
  std::optional<Expiration> expiration;  // for put: none = as Mutation::expiration says
  std::string result;                          // handed back in Outcome::result
};
/// `present` is null when the key is absent. Called without locks that other keys need, but the key is held: short,
/// no calls into a cache.
using ApplyFunction = FunctionRef<Applied(const EntryView* present)>;

/// Tells the repeats of one write from other writes: a clustered cache carries it out once and answers every repeat alike.
struct RepeatId {
  std::string_view client;      // what no other client is called
  std::uint64_t number = 0;     // of the client's writes; 0 = none
  std::uint64_t done_mark = 0;  // the client repeats nothing below
};

struct Mutation {
  std::string_view key;
  Precondition precondition = Precondition::always;
  Effect effect = Effect::put;
  ReturnMode returns = ReturnMode::nothing;
  WriteFlag flags = WriteFlag::none;
  std::string_view value;
  /// Absent fields take the cache's defaults.
  std::optional<TimeMs> lifespan_ms;
  std::optional<TimeMs> max_idle_ms;
  Version expected_version = 0;
  std::string_view expected_value;
  const ApplyFunction* function = nullptr;
  /// Is shown the live entry that was there, if any, also when the mutation does not take place. Cheaper than
  /// ReturnMode::previous. It only copies (it runs under a short lock) and may be called again with a newer entry.
  const FunctionRef<void(const EntryView&)>* show_previous = nullptr;
  RepeatId repeat{};
};

enum class OutcomeKind : std::uint8_t {
  done,           // the effect took place
  absent,         // not done: the key is absent and the precondition wanted it present
  present,        // not done: the key is present and the precondition wanted it absent
  mismatch,       // not done: another version or value
  unchanged,      // an apply function kept what was there, a remove met nothing (Precondition::always)
};

}  // namespace holdfast
