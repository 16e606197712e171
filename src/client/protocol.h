// The numbers of the Hot Rod protocol as this client says them; the versions that it speaks.
//
// Threads: any; constant data.
#pragma once

#include "model/hotrod_protocol.h"

namespace holdfast::client {

using namespace hotrod::numbers;

/// As they stand in a header: major * 10 + minor. Every connection begins with the first.
inline constexpr std::uint8_t kFirstVersion = 31;
inline constexpr std::uint8_t kBestVersion = 40;

}  // namespace holdfast::client
