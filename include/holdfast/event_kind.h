// What may happen to an entry.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <cstdint>

namespace holdfast {

enum class EventKind : std::uint8_t { created, modified, removed, expired, evicted, invalidated, visited };
constexpr std::uint32_t bit(EventKind kind) { return 1U << static_cast<unsigned>(kind); }

}  // namespace holdfast
