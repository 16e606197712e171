#include <cstdint>

#include "base/assert.h"
#include "base/bytes.h"
#include "media/media_type.h"

// What parses, says so in a form that parses to the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const auto type = media::MediaType::parse(BytesView(reinterpret_cast<const char*>(data), size));
  if (!type.ok() || size > 400) return 0;
  const auto again = media::MediaType::parse(type->to_string());
  HF_ASSERT(again.ok() && *again == *type);
  return 0;
}
