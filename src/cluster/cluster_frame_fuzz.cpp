#include <cstdint>

#include "base/assert.h"
#include "cluster/frame.h"

// A stream of frames gives the same frames whole and byte by byte; whatever is read as a hello is written as the same one.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::cluster;
  const BytesView input(reinterpret_cast<const char*>(data), size);
  std::size_t at = 0;
  for (;;) {
    std::size_t consumed = 0;
    const auto whole = next_frame(input.substr(at), consumed);
    if (!whole.ok() || !*whole) break;
    for (std::size_t n = 0; n < consumed; ++n) {
      std::size_t none = 0;
      const auto part = next_frame(input.substr(at, n), none);
      HF_ASSERT(part.ok() && !*part && none == 0);
    }
    if ((*whole)->kind == FrameKind::hello) {
      if (const auto hello = read_hello((*whole)->payload); hello.ok()) {
        Bytes out;
        append_hello(out, *hello);
        HF_ASSERT(read_hello(out).ok());
      }
    }
    at += consumed;
  }
  if (const auto hello = read_hello(input); hello.ok()) {
    Bytes out;
    append_hello(out, *hello);
    const auto back = read_hello(out);
    HF_ASSERT(back.ok() && *back == *hello);
  }
  return 0;
}
