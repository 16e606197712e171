// ProgramConversion: between the bytes that a program's handle works on and those that a cache with a declared encoding
// stores. The embedded library and the client use the same, so that both see the same entries.
//
// Owner: values.  Threads: any (immutable).  Waits: never.
// Fails with: make(): not_supported (no such conversion), invalid_argument (a malformed type); the others: invalid_argument
// (bytes are not of their type).
#pragma once

#include <holdfast/detail/number_type.h>

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "media/media_type.h"

namespace holdfast::media {

class ProgramConversion {
 public:
  /// Media types as texts; "" = not said, and then nothing is converted.
  static Result<ProgramConversion> make(std::string_view program, std::string_view storage);
  /// The bytes are the same on both sides.
  bool identity() const { return identity_; }
  Result<Bytes> to_storage(BytesView bytes) const;
  Result<Bytes> to_program(BytesView bytes) const;

 private:
  MediaType program_;
  MediaType storage_;
  std::optional<detail::NumberType> number_;  // the program's side is a number as it lies in memory
  bool identity_ = true;
};

}  // namespace holdfast::media
