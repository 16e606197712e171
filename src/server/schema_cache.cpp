#include "server/schema_cache.h"

#include <map>

#include "media/proto_schema.h"
#include "media/transcoder.h"

namespace holdfast::server {
namespace {

constexpr Duration kTurnTimeout = std::chrono::seconds(30);
constexpr std::string_view kSchemaEnd = ".proto";
constexpr std::string_view kErrorsEnd = ".errors";

media::MediaType type(const char* name) { return media::MediaType::parse(name).value(); }

Result<std::string> text_of(BytesView stored, const char* what) {
  static const media::MediaType protostream = type(media::kProtostream);
  static const media::MediaType text = type(media::kTextPlain);
  auto converted = media::convert(stored, protostream, text);
  if (converted.ok()) return converted;
  return Error(Errc::invalid_argument, std::string("ISPN028013: a ") + what + " of ___protobuf_metadata must be a string: " + converted.error().message());
}

Result<Bytes> stored_form(const std::string& text) { return media::convert(text, type(media::kTextPlain), type(media::kProtostream)); }

}  // namespace

SchemaCache::SchemaCache(runtime::Runtime& runtime, engine::CachePtr inner)
    : runtime_(runtime), inner_(std::move(inner)), order_(runtime.scheduler()) {}

Result<engine::KeyOrder::Guard> SchemaCache::my_turn() { return order_.lock({}, runtime_.clock().now() + kTurnTimeout); }

Result<Outcome> SchemaCache::write(const engine::Invocation& in, const Mutation& mutation) {
  HF_ASSIGN(const std::string key, text_of(mutation.key, "key"));
  if (!std::string_view(key).ends_with(kSchemaEnd)) {
    return Error(Errc::invalid_argument, "ISPN028012: a key of ___protobuf_metadata must end with '.proto', which '" + key + "' does not");
  }
  if (mutation.effect == Effect::put) {
    if (const auto value = text_of(mutation.value, "value"); !value.ok()) return value.error();
  }
  HF_ASSIGN(const engine::KeyOrder::Guard turn, my_turn());
  HF_ASSIGN(Outcome outcome, inner_->write(in, mutation));
  if (outcome.done()) HF_TRY(validate_all());
  return outcome;
}

Status SchemaCache::clear(const engine::Invocation& in) {
  HF_ASSIGN(const engine::KeyOrder::Guard turn, my_turn());
  return inner_->clear(in);
}

/// Brings the .errors keys in line with the schemas that are there now.
Status SchemaCache::validate_all() {
  std::map<std::string, std::string> schemas, errors_before;
  for (std::uint32_t segment = 0; segment < segments(); ++segment) {
    HF_ASSIGN(const std::vector<Entry> entries, inner_->entries_of_segment({}, segment));
    for (const Entry& entry : entries) {
      HF_ASSIGN(std::string key, text_of(entry.key, "key"));
      HF_ASSIGN(std::string value, text_of(entry.value, "value"));
      auto& into = std::string_view(key).ends_with(kErrorsEnd) ? errors_before : schemas;
      into.emplace(std::move(key), std::move(value));
    }
  }
  std::map<std::string, std::string> errors_now;
  std::string names;
  for (const media::SchemaError& error : media::validate_schemas(schemas)) {
    errors_now.emplace(error.file + std::string(kErrorsEnd), error.message);
    names += (names.empty() ? "" : "\n") + error.file;
  }
  if (!names.empty()) errors_now.emplace(kErrorsEnd, names);
  for (const auto& [key, value] : errors_before) {
    if (!errors_now.contains(key)) HF_TRY(remove(key));
  }
  for (const auto& [key, value] : errors_now) {
    const auto before = errors_before.find(key);
    if (before == errors_before.end() || before->second != value) HF_TRY(put(key, value));
  }
  return success();
}

Status SchemaCache::put(const std::string& key, const std::string& value) {
  HF_ASSIGN(const Bytes stored_key, stored_form(key));
  HF_ASSIGN(const Bytes stored_value, stored_form(value));
  Mutation m;
  m.key = stored_key;
  m.value = stored_value;
  if (auto done = inner_->write({}, m); !done.ok()) return done.error();
  return success();
}

Status SchemaCache::remove(const std::string& key) {
  HF_ASSIGN(const Bytes stored_key, stored_form(key));
  Mutation m;
  m.key = stored_key;
  m.effect = Effect::remove;
  if (auto done = inner_->write({}, m); !done.ok()) return done.error();
  return success();
}

}  // namespace holdfast::server
