#include <cstdint>

#include "base/assert.h"
#include "model/consistent_hash.h"

// Whatever is read as a table is written and read again as the same table.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  Reader in(BytesView(reinterpret_cast<const char*>(data), size));
  const auto hash = ConsistentHash::read(in);
  if (!hash) return 0;
  Bytes out;
  hash->append(out);
  Reader again(out);
  const auto back = ConsistentHash::read(again);
  HF_ASSERT(back && *back == *hash && again.at_end());
  return 0;
}
