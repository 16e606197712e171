#include <cstdint>

#include "base/assert.h"
#include "cluster/messages.h"

// Whatever is read as a message is written and read again as the same message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  Reader in(BytesView(reinterpret_cast<const char*>(data), size));
  const auto message = cluster::read_message(in);
  if (!message) return 0;
  Bytes out;
  cluster::append_message(out, *message);
  Reader again(out);
  const auto back = cluster::read_message(again);
  HF_ASSERT(back && *back == *message && again.at_end());
  return 0;
}
