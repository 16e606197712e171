#include <cstdint>

#include "base/assert.h"
#include "model/cache_topology.h"

// Whatever is read as a topology is written and read again as the same topology.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  Reader in(BytesView(reinterpret_cast<const char*>(data), size));
  const auto topology = CacheTopology::read(in);
  if (!topology) return 0;
  Bytes out;
  topology->append(out);
  Reader again(out);
  const auto back = CacheTopology::read(again);
  HF_ASSERT(back && *back == *topology && again.at_end());
  return 0;
}
