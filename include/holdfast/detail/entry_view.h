// Entries as everyone sees them: a key, a value, metadata.
//
// Owner: a view borrows and is valid only during the call that hands it out.  Threads: as values.  Waits: never.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

using TimeMs = std::int64_t;  // milliseconds since 1970, or a length in milliseconds

/// Identifies one write of a key; never returns, also after a remove or a restart: a hybrid logical clock,
/// milliseconds since 2020 in the upper 44 bits and a counter below (decisions.md 2). 0 = no version.
using Version = std::uint64_t;

/// How long an entry may live; -1 = no limit. Milliseconds.
struct Expiration {
  TimeMs lifespan_ms = -1;
  TimeMs max_idle_ms = -1;
  bool immortal() const { return lifespan_ms < 0 && max_idle_ms < 0; }
  friend bool operator==(const Expiration&, const Expiration&) = default;
};

struct Metadata {
  Version version = 0;
  TimeMs created_ms = 0;
  TimeMs last_used_ms = 0;  // equal to created_ms unless the entry has a max-idle
  Expiration expiration;
};

struct EntryView {
  std::string_view key;
  std::string_view value;
  Metadata metadata;
};

}  // namespace holdfast
