// Flags relax or change what an operation does. Combine them with |.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <cstdint>

namespace holdfast {

enum class Flag : std::uint16_t {
  none = 0,
  ignore_return_values = 1 << 0,  // the previous value is not wanted
  skip_listeners = 1 << 1,  // nobody hears of it
  skip_cache_load = 1 << 2,  // stores are not asked
  skip_indexing = 1 << 3,  // indexes are not changed
  put_for_external_read = 1 << 4,  // the value was loaded from elsewhere
  skip_statistics = 1 << 5,  // is not counted
};
constexpr Flag operator|(Flag a, Flag b) {
  return static_cast<Flag>(static_cast<std::uint16_t>(a) | static_cast<std::uint16_t>(b));
}
constexpr bool has(Flag set, Flag flag) {
  return (static_cast<std::uint16_t>(set) & static_cast<std::uint16_t>(flag)) != 0;
}

}  // namespace holdfast
