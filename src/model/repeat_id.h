// How a RepeatId (holdfast/detail/mutation.h) travels between a client and a server.
//
// Owner: values; what is read borrows.  Threads: any.  Waits: never.  Fails with: read_repeat() gives nothing for bytes that are none.
#pragma once

#include <holdfast/detail/mutation.h>

#include <optional>

#include "base/varint.h"

namespace holdfast {

inline constexpr std::size_t kRepeatClientBytes = 16;  // by chance, so that no two are the same

inline void append_repeat(Bytes& out, const RepeatId& id) {
  out.append(id.client);
  append_vlong(out, id.number);
  append_vlong(out, id.done_mark);
}
inline std::optional<RepeatId> read_repeat(BytesView bytes) {
  Reader in(bytes);
  RepeatId id;
  id.client = in.bytes(kRepeatClientBytes);
  id.number = in.vlong();
  id.done_mark = in.vlong();
  if (!in.ok() || !in.at_end() || id.number == 0 || id.done_mark > id.number) return std::nullopt;
  return id;
}

}  // namespace holdfast
