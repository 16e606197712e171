// Bytes as tests write them: "a1 05 28".
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: nothing; what is no lower-case hex digit is skipped.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace holdfast {

inline Bytes hex(std::string_view text) {
  Bytes out;
  int half = -1;
  for (const char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) continue;
    if (half < 0) {
      half = digit;
    } else {
      out.push_back(static_cast<char>(half << 4 | digit));
      half = -1;
    }
  }
  return out;
}

}  // namespace holdfast
