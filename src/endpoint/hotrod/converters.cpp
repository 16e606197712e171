#include "endpoint/hotrod/converters.h"

#include <nlohmann/json.hpp>

#include "base/varint.h"

namespace holdfast::hotrod {
namespace {

constexpr const char* kWithPrevious = "key-value-with-previous-converter-factory";
constexpr const char* kEager = "___eager-key-value-version-converter";
constexpr const char* kToEmptyBytes = "org.infinispan.server.hotrod.HotRodServer$ToEmptyBytesKeyValueFilterConverter";

void append_length_delimited(Bytes& out, std::uint32_t field, BytesView bytes) {
  append_vint(out, field << 3 | 2);
  append_array(out, bytes);
}

/// A WrappedMessage of org.infinispan.commons.KeyValueWithPrevious, whose three fields are wrapped messages too.
Bytes as_protostream(const EventData& e) {
  Bytes inner;
  append_length_delimited(inner, 1, e.key);
  append_length_delimited(inner, 2, e.value ? BytesView(*e.value) : BytesView());
  append_length_delimited(inner, 3, e.previous ? BytesView(*e.previous) : BytesView());
  Bytes out;
  append_length_delimited(out, 16, "org.infinispan.commons.KeyValueWithPrevious");
  append_length_delimited(out, 17, inner);
  return out;
}

Bytes as_json(const EventData& e) {
  using Json = nlohmann::ordered_json;
  const auto text = [](const Bytes* bytes) { return bytes ? Json(*bytes) : Json(nullptr); };
  Json document;
  document["_type"] = "org.infinispan.commons.util.KeyValueWithPrevious";
  document["key"] = std::string(e.key);
  document["value"] = text(e.value);
  document["prev"] = text(e.previous);
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Bytes as_text(const EventData& e) {
  Bytes out = "KeyValueWithPrevious{key=";
  out.append(e.key);
  out.append(", value=").append(e.value ? BytesView(*e.value) : "null");
  out.append(", prev=").append(e.previous ? BytesView(*e.previous) : "null");
  return out.append("}");
}

Result<EventConverter> with_previous(const FactoryRequest& request) {
  const std::string& type = request.payload.name();
  if (type == media::kJson) return EventConverter([](const EventData& e) -> Result<Bytes> { return as_json(e); });
  if (type == media::kProtostream) return EventConverter([](const EventData& e) -> Result<Bytes> { return as_protostream(e); });
  return EventConverter([](const EventData& e) -> Result<Bytes> { return as_text(e); });
}

/// Key, value and version behind one another; a removal has the key alone, or the last value for who asked with a
/// parameter.
Result<EventConverter> eager(const FactoryRequest& request) {
  const bool with_old = !request.parameters.empty();
  return EventConverter([with_old](const EventData& e) -> Result<Bytes> {
    Bytes out;
    append_array(out, e.key);
    if (e.value) {
      append_array(out, *e.value);
      append_u64(out, e.version);
    } else if (with_old && e.previous) {
      append_array(out, *e.previous);
      append_u64(out, e.previous_version);
    }
    return out;
  });
}

Result<IterationConverter> to_empty_bytes(const FactoryRequest&) {
  return IterationConverter([](const Entry&) { return std::optional<Bytes>(Bytes()); });
}

}  // namespace

Factories built_in_factories() {
  Factories f;
  HF_ASSERT(f.converters.add(kWithPrevious, with_previous).ok());
  HF_ASSERT(f.converters.add(kEager, eager).ok());
  HF_ASSERT(f.iteration.add(kToEmptyBytes, to_empty_bytes).ok());
  return f;
}

}  // namespace holdfast::hotrod
