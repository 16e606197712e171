// Protostream's WrappedMessage (hot-rod.md 1.21): the protobuf message in which scalars and messages travel as
// application/x-protostream.
//
// Owner: a Wrapped owns its bytes.  Threads: as values.  Waits: never.
// Fails with: invalid_argument (the bytes are no WrappedMessage).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"

namespace holdfast::media {

/// The field number says which scalar it is.
enum class Scalar : std::uint8_t {
  float64 = 1, float32 = 2, int64 = 3, uint64 = 4, int32 = 5, fixed64 = 6, fixed32 = 7, boolean = 8, string = 9,
  bytes = 10, uint32 = 11, sfixed32 = 12, sfixed64 = 13, sint32 = 14, sint64 = 15,
};
/// "int32" and so on, as schemas and JSON write it.
std::string_view scalar_name(Scalar scalar);
std::optional<Scalar> scalar_from_name(std::string_view name);

struct Wrapped {
  enum class Kind : std::uint8_t { nothing, scalar, message } kind = Kind::nothing;
  Scalar scalar = Scalar::string;
  /// Real numbers, signed, unsigned, booleans, strings and bytes.
  std::variant<double, std::int64_t, std::uint64_t, bool, Bytes> value;
  /// Of a message: its type as a name, or as a number.
  std::string type_name;
  std::uint32_t type_id = 0;
};

Result<Wrapped> read_wrapped(BytesView bytes);
/// Scalars only.
Bytes write_wrapped(const Wrapped& wrapped);

Wrapped wrapped_string(BytesView text);
Wrapped wrapped_bytes(BytesView bytes);
/// The scalar as people write it: "true", "42", "1.5", the text itself. Bytes stay what they are.
Bytes scalar_text(const Wrapped& wrapped);
/// The reverse, by the scalar that is wanted.
Result<Wrapped> scalar_of_text(Scalar scalar, BytesView text);

}  // namespace holdfast::media
