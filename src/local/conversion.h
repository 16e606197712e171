// Conversion: between the bytes that a program's handle works on and those that a cache with a declared encoding stores.
//
// Owner: a RawCache.  Threads: any (immutable).  Waits: never.
// Fails with: CacheException: invalid_argument (bytes are not of their type), not_supported (no such conversion).
#pragma once

#include <holdfast/detail/number_type.h>

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "media/media_type.h"

namespace holdfast::detail {

class Conversion {
 public:
  /// Media types as texts; "" = not said, and then nothing is converted.
  Conversion(std::string_view program, std::string_view storage);
  /// The bytes are the same on both sides.
  bool identity() const { return identity_; }
  Bytes to_storage(BytesView bytes) const;
  Bytes to_program(BytesView bytes) const;

 private:
  media::MediaType program_;
  media::MediaType storage_;
  std::optional<NumberType> number_;  // the program's side is a number as it lies in memory
  bool identity_ = true;
};

}  // namespace holdfast::detail
