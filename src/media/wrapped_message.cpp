#include "media/wrapped_message.h"

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/varint.h"

namespace holdfast::media {
namespace {

enum class Wire : std::uint8_t { varint = 0, eight = 1, counted = 2, four = 5 };
enum class Number : std::uint8_t { real, zigzag, with_sign, without_sign, truth, text };

struct Row {
  std::string_view name;
  Wire wire;
  Number number;
};
constexpr std::array<Row, 15> kRows = {{
    {"double", Wire::eight, Number::real},
    {"float", Wire::four, Number::real},
    {"int64", Wire::varint, Number::with_sign},
    {"uint64", Wire::varint, Number::without_sign},
    {"int32", Wire::varint, Number::with_sign},
    {"fixed64", Wire::eight, Number::without_sign},
    {"fixed32", Wire::four, Number::without_sign},
    {"bool", Wire::varint, Number::truth},
    {"string", Wire::counted, Number::text},
    {"bytes", Wire::counted, Number::text},
    {"uint32", Wire::varint, Number::without_sign},
    {"sfixed32", Wire::four, Number::with_sign},
    {"sfixed64", Wire::eight, Number::with_sign},
    {"sint32", Wire::varint, Number::zigzag},
    {"sint64", Wire::varint, Number::zigzag},
}};
const Row& row(Scalar scalar) { return kRows[static_cast<std::size_t>(scalar) - 1]; }

constexpr std::uint32_t kTypeName = 16;
constexpr std::uint32_t kMessage = 17;
constexpr std::uint32_t kEnum = 18;
constexpr std::uint32_t kTypeId = 19;

bool is_narrow(Scalar s) {
  return s == Scalar::int32 || s == Scalar::uint32 || s == Scalar::fixed32 || s == Scalar::sfixed32 || s == Scalar::sint32;
}

/// A field's content before its meaning: a number in its low bits, or bytes.
struct Field {
  std::uint64_t number = 0;
  BytesView bytes;
};

std::uint64_t little_endian(BytesView bytes) {
  std::uint64_t v = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) v = v << 8 | static_cast<std::uint8_t>(bytes[i]);
  return v;
}

Field read_field(Reader& in, std::uint32_t wire) {
  switch (wire) {
    case 0: return {in.vlong(), {}};
    case 1: return {little_endian(in.bytes(8)), {}};
    case 2: return {0, in.array()};
    case 5: return {little_endian(in.bytes(4)), {}};
    default: in.fail(); return {};
  }
}

void take_scalar(Wrapped& out, Scalar scalar, const Field& field) {
  out.kind = Wrapped::Kind::scalar;
  out.scalar = scalar;
  const bool narrow = is_narrow(scalar);
  const std::uint64_t n = narrow ? field.number & 0xffffffffU : field.number;  // protobuf cuts off what a 32-bit number cannot hold
  switch (row(scalar).number) {
    case Number::real:
      out.value = scalar == Scalar::float64 ? std::bit_cast<double>(n) : static_cast<double>(std::bit_cast<float>(static_cast<std::uint32_t>(n)));
      break;
    case Number::zigzag: out.value = static_cast<std::int64_t>((n >> 1) ^ (~(n & 1) + 1)); break;
    case Number::with_sign: out.value = narrow ? static_cast<std::int64_t>(static_cast<std::int32_t>(n)) : static_cast<std::int64_t>(n); break;
    case Number::without_sign: out.value = n; break;
    case Number::truth: out.value = n != 0; break;
    case Number::text: out.value = Bytes(field.bytes); break;
  }
}

void append_little_endian(Bytes& out, std::uint64_t v, int count) {
  for (int i = 0; i < count; ++i) out += static_cast<char>(v >> (8 * i));
}

std::uint64_t bits_of(const Wrapped& w) {
  if (const double* real = std::get_if<double>(&w.value)) {
    return w.scalar == Scalar::float64 ? std::bit_cast<std::uint64_t>(*real) : std::bit_cast<std::uint32_t>(static_cast<float>(*real));
  }
  if (const std::int64_t* s = std::get_if<std::int64_t>(&w.value)) {
    const auto u = static_cast<std::uint64_t>(*s);
    return row(w.scalar).number == Number::zigzag ? u << 1 ^ (*s < 0 ? ~std::uint64_t{0} : 0) : u;
  }
  if (const std::uint64_t* u = std::get_if<std::uint64_t>(&w.value)) return *u;
  return std::get<bool>(w.value) ? 1 : 0;
}

template <class Value>
std::optional<Value> number_of(BytesView text) {
  Value v{};
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), v);
  if (bad != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return v;
}

}  // namespace

std::string_view scalar_name(Scalar scalar) { return row(scalar).name; }

std::optional<Scalar> scalar_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (kRows[i].name == name) return static_cast<Scalar>(i + 1);
  }
  return std::nullopt;
}

Result<Wrapped> read_wrapped(BytesView bytes) {
  Wrapped out;
  Reader in(bytes);
  while (in.ok() && !in.at_end()) {
    const std::uint32_t tag = in.vint();
    const std::uint32_t number = tag >> 3;
    const Field field = read_field(in, tag & 7);
    if (!in.ok()) break;
    if (number >= 1 && number <= kRows.size()) {
      if ((tag & 7) != static_cast<std::uint32_t>(row(static_cast<Scalar>(number)).wire)) in.fail();
      else take_scalar(out, static_cast<Scalar>(number), field);
    } else if (number == kTypeName) {
      out.type_name = std::string(field.bytes);
    } else if (number == kTypeId) {
      out.type_id = static_cast<std::uint32_t>(field.number);
    } else if (number == kMessage || number == kEnum) {
      out.kind = Wrapped::Kind::message;
    } else if (number == 0) {
      in.fail();
    }
  }
  if (!in.ok()) return Error(Errc::invalid_argument, "the bytes are no WrappedMessage, which application/x-protostream holds");
  return out;
}

Bytes write_wrapped(const Wrapped& wrapped) {
  HF_ASSERT(wrapped.kind == Wrapped::Kind::scalar);
  Bytes out;
  const Wire wire = row(wrapped.scalar).wire;
  append_vint(out, static_cast<std::uint32_t>(wrapped.scalar) << 3 | static_cast<std::uint32_t>(wire));
  switch (wire) {
    case Wire::varint: append_vlong(out, bits_of(wrapped)); break;
    case Wire::eight: append_little_endian(out, bits_of(wrapped), 8); break;
    case Wire::four: append_little_endian(out, bits_of(wrapped), 4); break;
    case Wire::counted: append_array(out, std::get<Bytes>(wrapped.value)); break;
  }
  return out;
}

Wrapped wrapped_string(BytesView text) {
  Wrapped w;
  w.kind = Wrapped::Kind::scalar;
  w.value = Bytes(text);
  return w;
}

Wrapped wrapped_bytes(BytesView bytes) {
  Wrapped w = wrapped_string(bytes);
  w.scalar = Scalar::bytes;
  return w;
}

Bytes scalar_text(const Wrapped& w) {
  if (const Bytes* bytes = std::get_if<Bytes>(&w.value)) return *bytes;
  if (const bool* truth = std::get_if<bool>(&w.value)) return *truth ? "true" : "false";
  if (const std::int64_t* s = std::get_if<std::int64_t>(&w.value)) return std::to_string(*s);
  if (const std::uint64_t* u = std::get_if<std::uint64_t>(&w.value)) return std::to_string(*u);
  const double real = std::get<double>(w.value);
  if (std::isnan(real)) return "NaN";
  if (std::isinf(real)) return real < 0 ? "-Infinity" : "Infinity";
  char text[64];
  const auto end = w.scalar == Scalar::float32 ? std::to_chars(text, text + sizeof text, static_cast<float>(real)).ptr
                                               : std::to_chars(text, text + sizeof text, real).ptr;
  Bytes out(text, end);
  if (out.find_first_of(".e") == Bytes::npos) out += ".0";
  return out;
}

Result<Wrapped> scalar_of_text(Scalar scalar, BytesView text) {
  const Error bad(Errc::invalid_argument, "'" + std::string(text.substr(0, 60)) + "' is no " + std::string(scalar_name(scalar)));
  Wrapped w;
  w.kind = Wrapped::Kind::scalar;
  w.scalar = scalar;
  const bool narrow = is_narrow(scalar);
  switch (row(scalar).number) {
    case Number::text: w.value = Bytes(text); return w;
    case Number::truth:
      if (text != "true" && text != "false") return bad;
      w.value = text == "true";
      return w;
    case Number::real: {
      const auto v = number_of<double>(text);
      if (!v) return bad;
      w.value = *v;
      return w;
    }
    case Number::without_sign: {
      const auto v = number_of<std::uint64_t>(text);
      if (!v || (narrow && *v > std::numeric_limits<std::uint32_t>::max())) return bad;
      w.value = *v;
      return w;
    }
    default: {
      const auto v = number_of<std::int64_t>(text);
      if (!v || (narrow && (*v > std::numeric_limits<std::int32_t>::max() || *v < std::numeric_limits<std::int32_t>::min()))) return bad;
      w.value = *v;
      return w;
    }
  }
}

}  // namespace holdfast::media
