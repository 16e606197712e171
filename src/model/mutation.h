// Mutation: one write to one key, as data. Mutation = Precondition + Effect + Return; Outcome: what became of it.
// PUT_IF_ABSENT, SET NX and memcached's add are one row here. decide() in ops/ gives the meaning.
//
// Owner: a Mutation borrows its bytes from the caller for the length of the call; an Outcome owns.  Threads: as values.
#pragma once

#include <cstdint>
#include <optional>

#include "base/function.h"
#include "model/entry.h"

namespace holdfast {

enum class Precondition : std::uint8_t {
  always,
  if_absent,
  if_present,
  if_version,  // present, with Mutation::expected_version
  if_value,    // present, with Mutation::expected_value
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
  Bytes value;
  std::optional<Expiration> expiration;  // for put: none = as Mutation::expiration says
  Bytes result;                          // handed back in Outcome::result
};
/// `present` is null when the key is absent. Called without locks that other keys need, but the key is held: short,
/// no calls into a cache.
using ApplyFunction = FunctionRef<Applied(const EntryView* present)>;

enum class WriteFlag : std::uint16_t {
  none = 0,
  ignore_return_values = 1 << 0,
  skip_listeners = 1 << 1,
  skip_cache_load = 1 << 2,
  skip_indexing = 1 << 3,
  put_for_external_read = 1 << 4,
  skip_statistics = 1 << 5,
};
constexpr WriteFlag operator|(WriteFlag a, WriteFlag b) {
  return static_cast<WriteFlag>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr bool has(WriteFlag set, WriteFlag flag) {
  return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(flag)) != 0;
}

struct Mutation {
  BytesView key;
  Precondition precondition = Precondition::always;
  Effect effect = Effect::put;
  ReturnMode returns = ReturnMode::nothing;
  WriteFlag flags = WriteFlag::none;
  BytesView value;
  /// Absent fields take the cache's defaults.
  std::optional<TimeMs> lifespan_ms;
  std::optional<TimeMs> max_idle_ms;
  Version expected_version = 0;
  BytesView expected_value;
  const ApplyFunction* function = nullptr;
};

enum class OutcomeKind : std::uint8_t {
  done,           // the effect took place
  absent,         // not done: the key is absent and the precondition wanted it present
  present,        // not done: the key is present and the precondition wanted it absent
  mismatch,       // not done: another version or value
  unchanged,      // an apply function kept what was there, a remove met nothing (Precondition::always)
};

struct Outcome {
  OutcomeKind kind = OutcomeKind::done;
  bool had_previous = false;  // a live entry was there before
  Version version = 0;        // of the entry as it is now; 0 = absent
  /// With ReturnMode::previous: what was there (also when not done).
  std::optional<Entry> previous;
  Bytes result;  // of an apply function
  bool done() const { return kind == OutcomeKind::done; }
};

}  // namespace holdfast
