#include "base/result.h"

#include <array>

namespace holdfast {

std::string_view errc_name(Errc code) {
  static constexpr std::array<std::string_view, 26> kNames = {
      "ok", "invalid argument", "invalid configuration", "not found", "cache not found", "already exists",
      "not supported", "unauthenticated", "permission denied", "timeout", "cancelled", "stopped", "closed",
      "refused", "too large", "exhausted", "out of space", "access denied", "address in use", "corrupt",
      "protocol error", "unavailable", "stale topology", "node suspected", "I/O error", "internal error"};
  static_assert(kNames.size() == static_cast<size_t>(Errc::internal) + 1);
  return kNames[static_cast<size_t>(code)];
}

}  // namespace holdfast
