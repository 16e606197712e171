// Address: one life of one node. A node that restarts keeps its name and gets another incarnation, so it is never
// taken for its former self.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/varint.h"

namespace holdfast {

struct Address {
  std::string name;
  std::uint64_t incarnation = 0;
  friend auto operator<=>(const Address&, const Address&) = default;
};

inline void append_address(Bytes& out, const Address& address) {
  append_array(out, address.name);
  append_u64(out, address.incarnation);
}
inline Address read_address(Reader& in) {
  Address address;
  address.name = in.array();
  address.incarnation = in.u64();
  return address;
}

}  // namespace holdfast
