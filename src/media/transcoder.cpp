#include "media/transcoder.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "media/charset.h"
#include "media/wrapped_message.h"

namespace holdfast::media {
namespace {

using nlohmann::json;

enum class Family : std::uint8_t { unknown, octets, text, json_text, xml, object, protostream, other };

struct Known {
  std::string_view name;
  Family family;
};
constexpr std::array kKnown = {
    Known{"", Family::unknown},
    Known{kUnknown, Family::unknown},
    Known{"application/unknown", Family::unknown},
    Known{"*/*", Family::unknown},
    Known{kOctetStream, Family::octets},
    Known{kTextPlain, Family::text},
    // What HTML forms (and curl -d) call their bytes; they are taken as they are.
    Known{"application/x-www-form-urlencoded", Family::text},
    Known{kJson, Family::json_text},
    Known{kXml, Family::xml},
    Known{"text/xml", Family::xml},
    Known{kJavaObject, Family::object},
    Known{kProtostream, Family::protostream},
};

Family family_of(const MediaType& type) {
  for (const Known& known : kKnown) {
    if (known.name == type.name()) return known.family;
  }
  return Family::other;
}

/// Bytes that mean the same under either name.
bool is_loose(Family f) { return f == Family::octets || f == Family::text || f == Family::object; }

/// For the question "the same bytes?": an unknown charset only equals itself.
bool same_charset(const MediaType& a, const MediaType& b) {
  const auto ca = charset_from_name(a.parameter("charset"));
  const auto cb = charset_from_name(b.parameter("charset"));
  if (!ca.ok() || !cb.ok()) return a.parameter("charset") == b.parameter("charset");
  return *ca == *cb;
}

Result<Bytes> recode_between(BytesView bytes, const MediaType& from, const MediaType& to) {
  if (family_of(from) == Family::octets || family_of(to) == Family::octets) return Bytes(bytes);
  HF_ASSIGN(const Charset source, charset_from_name(from.parameter("charset")));
  HF_ASSIGN(const Charset wanted, charset_from_name(to.parameter("charset")));
  return source == wanted ? Result<Bytes>(Bytes(bytes)) : recode(bytes, source, wanted);
}

// ---- to protostream

/// The scalars that a Java client may name as the class of an x-java-object.
std::optional<Scalar> scalar_of_class(std::string_view name) {
  constexpr std::string_view kPackage = "java.lang.";
  if (name.starts_with(kPackage)) name.remove_prefix(kPackage.size());
  if (name.empty() || name == "String") return Scalar::string;
  if (name == "Integer" || name == "Short" || name == "Byte") return Scalar::int32;
  if (name == "Long") return Scalar::int64;
  if (name == "Double") return Scalar::float64;
  if (name == "Float") return Scalar::float32;
  if (name == "Boolean") return Scalar::boolean;
  if (name == "ByteArray" || name == "[B" || name == "byte[]") return Scalar::bytes;
  return std::nullopt;
}

Result<Wrapped> scalar_of_json(Scalar scalar, const json& value) {
  if (scalar == Scalar::bytes) {
    auto bytes = value.is_string() ? from_base64(value.get_ref<const std::string&>()) : std::nullopt;
    if (!bytes) return Error(Errc::invalid_argument, "_value of the type 'bytes' must be a string in base64");
    return wrapped_bytes(*bytes);
  }
  if (value.is_string()) return scalar_of_text(scalar, value.get_ref<const std::string&>());
  if (value.is_structured() || value.is_null()) {
    return Error(Errc::invalid_argument, "_value of the type '" + std::string(scalar_name(scalar)) + "' must be a scalar");
  }
  if (scalar == Scalar::string) return wrapped_string(value.dump());
  if (value.is_number_float() && (scalar == Scalar::float64 || scalar == Scalar::float32)) {
    Wrapped w;
    w.kind = Wrapped::Kind::scalar;
    w.scalar = scalar;
    w.value = value.get<double>();
    return w;
  }
  return scalar_of_text(scalar, value.dump());
}

Result<Wrapped> wrapped_of_json(const json& document) {
  if (document.is_string()) return wrapped_string(document.get_ref<const std::string&>());
  if (document.is_boolean()) return scalar_of_json(Scalar::boolean, document);
  if (document.is_number_float()) return scalar_of_json(Scalar::float64, document);
  if (document.is_number()) {
    auto narrow = scalar_of_json(Scalar::int32, document);
    return narrow.ok() ? std::move(narrow) : scalar_of_json(Scalar::int64, document);
  }
  const auto type = document.is_object() ? document.find("_type") : document.end();
  if (type == document.end() || !type->is_string()) {
    return Error(Errc::invalid_argument, "JSON that is stored as application/x-protostream must name its type in the field _type");
  }
  const auto scalar = scalar_from_name(type->get_ref<const std::string&>());
  if (!scalar) {
    return Error(Errc::not_supported, "JSON of the type '" + type->get<std::string>().substr(0, 200) +
                                          "' cannot be stored as application/x-protostream: only scalars are converted; send protobuf");
  }
  const auto value = document.find("_value");
  if (value == document.end()) return Error(Errc::invalid_argument, "JSON of a scalar _type must have the field _value");
  return scalar_of_json(*scalar, *value);
}

Result<Bytes> to_protostream(BytesView bytes, const MediaType& from) {
  const Family family = family_of(from);
  if (family == Family::octets) return write_wrapped(wrapped_bytes(bytes));
  HF_ASSIGN(const Charset charset, charset_from_name(from.parameter("charset")));
  HF_ASSIGN(const Bytes utf8, recode(bytes, charset, Charset::utf8));
  if (family == Family::json_text) {
    const json document = json::parse(utf8, nullptr, false);
    if (document.is_discarded()) return Error(Errc::invalid_argument, "the bytes are no JSON");
    HF_ASSIGN(const Wrapped wrapped, wrapped_of_json(document));
    return write_wrapped(wrapped);
  }
  const auto scalar = scalar_of_class(from.parameter("type"));
  if (!scalar) return Error(Errc::not_supported, "objects of the class '" + std::string(from.parameter("type")) + "' cannot be converted");
  HF_ASSIGN(const Wrapped wrapped, scalar_of_text(*scalar, utf8));
  return write_wrapped(wrapped);
}

// ---- from protostream

Result<Bytes> json_of_scalar(const Wrapped& wrapped) {
  nlohmann::ordered_json out;
  out["_type"] = scalar_name(wrapped.scalar);
  const Bytes text = scalar_text(wrapped);
  if (wrapped.scalar == Scalar::bytes) {
    out["_value"] = to_base64(text);
  } else if (wrapped.scalar == Scalar::string || text == "NaN" || text.ends_with("Infinity")) {
    if (!is_utf8(text)) return Error(Errc::invalid_argument, "the stored string is no UTF-8 and has no JSON form");
    out["_value"] = text;
  } else {
    out["_value"] = json::parse(text);
  }
  return out.dump();
}

Result<Bytes> from_protostream(BytesView bytes, const MediaType& to) {
  HF_ASSIGN(const Wrapped wrapped, read_wrapped(bytes));
  const Family family = family_of(to);
  if (wrapped.kind == Wrapped::Kind::nothing) return family == Family::json_text ? Bytes("null") : Bytes();
  if (wrapped.kind == Wrapped::Kind::message) {
    if (family == Family::octets) return Bytes(bytes);
    const std::string type = wrapped.type_name.empty() ? "number " + std::to_string(wrapped.type_id) : "'" + wrapped.type_name + "'";
    return Error(Errc::not_supported, "a protobuf message of the type " + type + " cannot be converted to " + to.name() + "; ask for application/x-protostream");
  }
  HF_ASSIGN(const Charset charset, charset_from_name(to.parameter("charset")));
  if (family == Family::json_text) {
    HF_ASSIGN(const Bytes text, json_of_scalar(wrapped));
    return recode(text, Charset::utf8, charset);
  }
  if (wrapped.scalar == Scalar::bytes) return scalar_text(wrapped);
  // As octets a string is its UTF-8, a number stays wrapped.
  if (family == Family::octets) return wrapped.scalar == Scalar::string ? scalar_text(wrapped) : Bytes(bytes);
  return charset == Charset::utf8 ? Result<Bytes>(scalar_text(wrapped)) : recode(scalar_text(wrapped), Charset::utf8, charset);
}

Result<Bytes> to_json(BytesView bytes, const MediaType& from, const MediaType& to) {
  HF_ASSIGN(const Charset source, charset_from_name(from.parameter("charset")));
  HF_ASSIGN(const Charset wanted, charset_from_name(to.parameter("charset")));
  HF_ASSIGN(const Bytes text, recode(bytes, source, Charset::utf8));
  if (!text.empty() && !json::accept(text)) return Error(Errc::invalid_argument, "the bytes are no JSON, as " + to.to_string() + " wants them");
  return recode(text, Charset::utf8, wanted);
}

}  // namespace

bool is_identity(const MediaType& from, const MediaType& to) {
  const Family a = family_of(from);
  const Family b = family_of(to);
  if (a == Family::unknown || b == Family::unknown) return true;
  if (a == Family::other || b == Family::other || a == Family::protostream || b == Family::protostream) return from.matches(to);
  if (a == Family::octets && is_loose(b)) return true;
  if (b == Family::octets && is_loose(a)) return true;
  if (a == b || (is_loose(a) && is_loose(b))) return same_charset(from, to);
  return false;
}

bool can_convert(const MediaType& from, const MediaType& to) {
  if (is_identity(from, to)) return true;
  const Family a = family_of(from);
  const Family b = family_of(to);
  if (a == Family::other || b == Family::other) return false;
  // JSON, XML and protostream have the loose types between them, and JSON and protostream each other.
  if (a == Family::xml || b == Family::xml) return is_loose(a) || is_loose(b) || a == b;
  return true;
}

Result<Bytes> convert(BytesView bytes, const MediaType& from, const MediaType& to) {
  if (is_identity(from, to)) return Bytes(bytes);
  if (!can_convert(from, to)) {
    return Error(Errc::not_supported, "ISPN000492: Cannot convert between " + from.to_string() + " and " + to.to_string());
  }
  if (family_of(to) == Family::protostream) return to_protostream(bytes, from);
  if (family_of(from) == Family::protostream) return from_protostream(bytes, to);
  if (family_of(to) == Family::json_text && family_of(from) != Family::json_text) return to_json(bytes, from, to);
  return recode_between(bytes, from, to);
}

}  // namespace holdfast::media
