#include <cstdint>

#include "base/assert.h"
#include "endpoint/hotrod/test_client.h"

namespace {

using namespace holdfast;
using namespace holdfast::hotrod;

/// Everything that the server says to these bytes when they come in pieces of this size.
struct Conversation {
  Conversation(BytesView input, std::size_t piece) {
    TestGrid grid;
    TestClient client(grid);
    for (; !input.empty() && client.connection->open; input.remove_prefix(std::min(piece, input.size()))) {
      answers += client.say(input.substr(0, piece));
      if (client.connection->closing && ended_at == 0) ended_at = answers.size();
    }
    closed = client.connection->closing;
    if (ended_at == 0) ended_at = answers.size();
  }
  Bytes answers;
  std::size_t ended_at = 0;
  bool closed = false;
};

}  // namespace

// Whole or byte by byte, a client's bytes get the same answers; after an error nothing more is said.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 4096) return 0;
  const BytesView input(reinterpret_cast<const char*>(data), size);
  const Conversation whole(input, std::max<std::size_t>(size, 1));
  const Conversation bytewise(input, 1);
  // STATS counts bytes, which depends on the pieces: those answers may differ in their last figures.
  if (whole.answers.find("totalBytesRead") == Bytes::npos) HF_ASSERT(whole.answers == bytewise.answers);
  HF_ASSERT(whole.closed == bytewise.closed);
  HF_ASSERT(bytewise.ended_at == bytewise.answers.size());
  return 0;
}
