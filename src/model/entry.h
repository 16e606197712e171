// Entries as everyone sees them: a key, a value, metadata. How they lie in memory is container/'s own matter.
//
// Owner: views borrow and are valid only during the call that hands them out; the other structs own.  Threads: as values.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/time.h"

namespace holdfast {

/// Identifies one write of a key; never returns, also after a remove or a restart: a hybrid logical clock,
/// milliseconds since 2020 in the upper 44 bits and a counter below (decisions.md 2). 0 = no version.
using Version = std::uint64_t;

inline constexpr TimeMs kVersionEpochMs = 1577836800000;  // 2020-01-01T00:00:00Z
inline constexpr int kVersionCounterBits = 20;
/// When the write with this version was made.
constexpr TimeMs created_ms(Version version) {
  return kVersionEpochMs + static_cast<TimeMs>(version >> kVersionCounterBits);
}
/// The smallest version of a write at `now` that follows `previous`.
constexpr Version next_version(Version previous, TimeMs now) {
  const Version floor = static_cast<Version>(now > kVersionEpochMs ? now - kVersionEpochMs : 0) << kVersionCounterBits;
  return floor > previous ? floor : previous + 1;
}

/// How long an entry may live; kImmortal (-1) = no limit. Milliseconds.
struct Expiration {
  TimeMs lifespan_ms = kImmortal;
  TimeMs max_idle_ms = kImmortal;
  bool immortal() const { return lifespan_ms < 0 && max_idle_ms < 0; }
  friend bool operator==(const Expiration&, const Expiration&) = default;
};

struct Metadata {
  Version version = 0;
  TimeMs created_ms = 0;
  TimeMs last_used_ms = 0;  // equal to created_ms unless the entry has a max-idle
  Expiration expiration;
};

/// Is an entry with this metadata over at `now`? (M-07)
constexpr bool is_expired(const Metadata& m, TimeMs now) {
  return (m.expiration.lifespan_ms >= 0 && now - m.created_ms >= m.expiration.lifespan_ms) ||
         (m.expiration.max_idle_ms >= 0 && now - m.last_used_ms >= m.expiration.max_idle_ms);
}

struct EntryView {
  BytesView key;
  BytesView value;
  Metadata metadata;
};

struct Entry {
  Bytes key;
  Bytes value;
  Metadata metadata;
  Entry() = default;
  explicit Entry(const EntryView& v) : key(v.key), value(v.value), metadata(v.metadata) {}
  EntryView view() const { return {key, value, metadata}; }
};

}  // namespace holdfast
