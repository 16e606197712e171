// Entries as everyone sees them: a key, a value, metadata. How they lie in memory is container/'s own matter.
//
// Owner: views borrow and are valid only during the call that hands them out; the other structs own.  Threads: as values.
#pragma once

#include <holdfast/detail/entry_view.h>

#include <cstdint>

#include "base/bytes.h"
#include "base/time.h"

namespace holdfast {

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

/// Is an entry with this metadata over at `now`? (M-07)
constexpr bool is_expired(const Metadata& m, TimeMs now) {
  return (m.expiration.lifespan_ms >= 0 && now - m.created_ms >= m.expiration.lifespan_ms) ||
         (m.expiration.max_idle_ms >= 0 && now - m.last_used_ms >= m.expiration.max_idle_ms);
}

struct Entry {
  Bytes key;
  Bytes value;
  Metadata metadata;
  Entry() = default;
  explicit Entry(const EntryView& v) : key(v.key), value(v.value), metadata(v.metadata) {}
  EntryView view() const { return {key, value, metadata}; }
};

}  // namespace holdfast
