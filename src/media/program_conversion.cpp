#include "media/program_conversion.h"

#include <charconv>
#include <cstring>

#include "media/transcoder.h"

namespace holdfast::media {
namespace {

using detail::kNumberMediaType;
using detail::NumberType;

Result<MediaType> parse(std::string_view text) { return text.empty() ? MediaType() : MediaType::parse(text); }
/// One of ours, which is well-formed.
MediaType known(std::string_view text) { return MediaType::parse(text).value(); }

std::optional<NumberType> number_of(const MediaType& type) {
  if (type.name() != kNumberMediaType) return std::nullopt;
  const std::string_view kind = type.parameter("kind");
  return NumberType{kind.at(0), kind.at(1) - '0'};
}

/// As the class of the original's that converters know the number by.
MediaType as_text(NumberType number) {
  const char* name = number.kind == 'b'   ? "java.lang.Boolean"
                     : number.kind == 'f' ? (number.bytes == 4 ? "java.lang.Float" : "java.lang.Double")
                     : number.bytes == 8 || (number.kind == 'u' && number.bytes == 4) ? "java.lang.Long"
                                                                                        : "java.lang.Integer";
  MediaType type = known(kJavaObject);
  type.add_parameter("type", name);
  return type;
}

template <class T>
Bytes text_of(BytesView bytes) {
  T number;
  HF_ASSERT(bytes.size() == sizeof number);
  std::memcpy(&number, bytes.data(), sizeof number);
  char text[64];
  const auto end = std::to_chars(text, text + sizeof text, number);
  return Bytes(text, end.ptr);
}

template <class T>
Result<Bytes> bytes_of(BytesView text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Error(Errc::invalid_argument, "'" + Bytes(text.substr(0, 40)) + "' is no number of the type that the program asks for");
  }
  return Bytes(reinterpret_cast<const char*>(&number), sizeof number);
}

/// Calls f with a value of the number's type.
template <class F>
auto with_type(NumberType n, F f) {
  if (n.kind == 'f') return n.bytes == 4 ? f(float{}) : f(double{});
  if (n.kind == 'i') {
    return n.bytes == 1 ? f(std::int8_t{}) : n.bytes == 2 ? f(std::int16_t{}) : n.bytes == 4 ? f(std::int32_t{}) : f(std::int64_t{});
  }
  return n.bytes == 1 ? f(std::uint8_t{}) : n.bytes == 2 ? f(std::uint16_t{}) : n.bytes == 4 ? f(std::uint32_t{}) : f(std::uint64_t{});
}

Bytes number_to_text(NumberType n, BytesView bytes) {
  if (n.kind == 'b') return bytes == BytesView("\0", 1) ? "false" : "true";
  return with_type(n, [&](auto type) { return text_of<decltype(type)>(bytes); });
}

Result<Bytes> number_from_text(NumberType n, BytesView text) {
  if (n.kind == 'b' && (text == "true" || text == "false")) return Bytes(1, text == "true" ? '\1' : '\0');
  return with_type(n, [&](auto type) { return bytes_of<decltype(type)>(text); });
}

}  // namespace

Result<ProgramConversion> ProgramConversion::make(std::string_view program, std::string_view storage) {
  ProgramConversion made;
  HF_ASSIGN(made.program_, parse(program));
  HF_ASSIGN(made.storage_, parse(storage));
  made.number_ = number_of(made.program_);
  if (made.number_) {
    made.program_ = as_text(*made.number_);
    // Octets and "not said" keep a number as it lies in memory.
    made.identity_ = made.storage_.name() == kOctetStream || is_identity(known(kNumberMediaType), made.storage_);
  } else {
    made.identity_ = is_identity(made.program_, made.storage_);
  }
  if (!made.identity_ && !can_convert(made.program_, made.storage_)) {
    return Error(Errc::not_supported, "this cache stores " + made.storage_.to_string() + ", which cannot be converted from and to " + made.program_.to_string());
  }
  return made;
}

Result<Bytes> ProgramConversion::to_storage(BytesView bytes) const {
  if (identity_) return Bytes(bytes);
  if (!number_) return convert(bytes, program_, storage_);
  return convert(number_to_text(*number_, bytes), program_, storage_);
}

Result<Bytes> ProgramConversion::to_program(BytesView bytes) const {
  if (identity_) return Bytes(bytes);
  if (!number_) return convert(bytes, storage_, program_);
  HF_ASSIGN(const Bytes text, convert(bytes, storage_, known(kTextPlain)));
  return number_from_text(*number_, text);
}

}  // namespace holdfast::media
