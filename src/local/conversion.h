// Conversion: media/program_conversion.h for handles, whose failures are exceptions.
//
// Owner: a RawCache.  Threads: any (immutable).  Waits: never.  Fails with: CacheException, as the other.
#pragma once

#include "local/world.h"
#include "media/program_conversion.h"

namespace holdfast::detail {

class Conversion {
 public:
  Conversion(std::string_view program, std::string_view storage) : inner_(checked(media::ProgramConversion::make(program, storage))) {}
  bool identity() const { return inner_.identity(); }
  Bytes to_storage(BytesView bytes) const { return checked(inner_.to_storage(bytes)); }
  Bytes to_program(BytesView bytes) const { return checked(inner_.to_program(bytes)); }

 private:
  media::ProgramConversion inner_;
};

}  // namespace holdfast::detail
