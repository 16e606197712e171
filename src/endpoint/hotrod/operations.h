// The table of operations: what a request's code means, since and until which version, and who handles it.
//
// Threads: any; constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/hotrod_protocol.h"

namespace holdfast::hotrod {

class Call;

struct Operation {
  Op op;
  std::string_view name;  // as the original's texts have it
  std::uint8_t since;
  std::uint8_t until;
  bool offered;                  // PING lists it
  bool needs_authentication;
  /// Reads the body, and runs the request when it was read whole.
  void (*handle)(Call& call);
};

/// Null: the version has no such operation.
const Operation* find_operation(std::uint8_t code, std::uint8_t version);
std::span<const Operation> operations();

}  // namespace holdfast::hotrod
