#include "server/schema_cache.h"

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

bool is_schema(std::string_view name) { return name.ends_with(kSchemaEnd); }

}  // namespace

SchemaCache::SchemaCache(runtime::Runtime& runtime, engine::CachePtr inner, std::unique_ptr<SchemaStore> store)
    : runtime_(runtime), inner_(std::move(inner)), store_(std::move(store)), order_(runtime.scheduler()) {}

SchemaCache::~SchemaCache() {
  if (listener_ != 0) inner_->remove_listener(listener_);
}

Result<engine::KeyOrder::Guard> SchemaCache::my_turn() { return order_.lock({}, runtime_.clock().now() + kTurnTimeout); }

Result<std::map<std::string, Entry>> SchemaCache::all() {
  std::map<std::string, Entry> found;
  for (std::uint32_t segment = 0; segment < segments(); ++segment) {
    HF_ASSIGN(std::vector<Entry> entries, inner_->entries_of_segment({}, segment));
    for (Entry& entry : entries) {
      HF_ASSIGN(std::string name, text_of(entry.key, "key"));
      found.emplace(std::move(name), std::move(entry));
    }
  }
  return found;
}

Result<Outcome> SchemaCache::write(const engine::Invocation& in, const Mutation& mutation) {
  HF_ASSIGN(const std::string key, text_of(mutation.key, "key"));
  if (!is_schema(key)) {
    return Error(Errc::invalid_argument, "ISPN028012: a key of ___protobuf_metadata must end with '.proto', which '" + key + "' does not");
  }
  if (mutation.effect == Effect::put) {
    if (const auto value = text_of(mutation.value, "value"); !value.ok()) return value.error();
  }
  HF_ASSIGN(const engine::KeyOrder::Guard turn, my_turn());
  HF_ASSIGN(const auto before, all());
  HF_ASSIGN(Outcome outcome, inner_->write(in, mutation));
  if (outcome.done()) HF_TRY(settle(before));
  return outcome;
}

Status SchemaCache::clear(const engine::Invocation& in) {
  HF_ASSIGN(const engine::KeyOrder::Guard turn, my_turn());
  HF_ASSIGN(const auto before, all());
  HF_TRY(inner_->clear(in));
  return settle(before);
}

/// After a change: it is kept, or undone, and the .errors are those of the schemas that are there then.
Status SchemaCache::settle(const std::map<std::string, Entry>& before) {
  HF_ASSIGN(const auto now, all());
  Status kept = keep(now);
  if (kept.ok()) return validate(now);
  undo(before);
  return kept;
}

Status SchemaCache::keep(const std::map<std::string, Entry>& now) {
  if (!store_) return success();
  std::map<std::string, std::string> texts;
  for (const auto& [name, entry] : now) {
    if (!is_schema(name) || !entry.metadata.expiration.immortal()) continue;
    HF_ASSIGN(texts[name], text_of(entry.value, "value"));
  }
  return store_->keep_only(texts);
}

/// As well as it goes: what failed is told already.
void SchemaCache::undo(const std::map<std::string, Entry>& before) {
  const auto now = all();
  if (!now.ok()) return;
  for (const auto& [name, entry] : *now) {
    if (!before.contains(name)) static_cast<void>(remove(entry.key));
  }
  for (const auto& [name, entry] : before) {
    const auto at = now->find(name);
    if (at == now->end() || at->second.value != entry.value) static_cast<void>(put(entry));
  }
  static_cast<void>(keep(before));
}

/// Brings the .errors keys in line with the schemas.
Status SchemaCache::validate(const std::map<std::string, Entry>& now) {
  std::map<std::string, std::string> schemas, errors;
  for (const auto& [name, entry] : now) {
    if (!is_schema(name)) continue;
    HF_ASSIGN(schemas[name], text_of(entry.value, "value"));
  }
  std::string names;
  for (const media::SchemaError& error : media::validate_schemas(schemas)) {
    errors.emplace(error.file + std::string(kErrorsEnd), error.message);
    names += (names.empty() ? "" : "\n") + error.file;
  }
  if (!names.empty()) errors.emplace(kErrorsEnd, names);
  for (const auto& [name, entry] : now) {
    if (!is_schema(name) && !errors.contains(name)) HF_TRY(remove(entry.key));
  }
  for (const auto& [name, message] : errors) {
    Entry entry;
    HF_ASSIGN(entry.key, stored_form(name));
    HF_ASSIGN(entry.value, stored_form(message));
    const auto at = now.find(name);
    if (at == now.end() || at->second.value != entry.value) HF_TRY(put(entry));
  }
  return success();
}

Status SchemaCache::restore() {
  HF_ASSIGN(const engine::KeyOrder::Guard turn, my_turn());
  const auto kept = store_->load();
  HF_ASSIGN(auto now, all());
  if (!now.empty()) return keep(now);
  for (const auto& [name, text] : kept) {
    Entry entry;
    HF_ASSIGN(entry.key, stored_form(name));
    HF_ASSIGN(entry.value, stored_form(text));
    HF_TRY(put(entry));
  }
  HF_ASSIGN(now, all());
  return validate(now);
}

void SchemaCache::follow_cluster() {
  engine::ListenerSpec spec;
  spec.asynchronous = true;
  spec.deliver = [this](const engine::Event&) { keep_news(); };
  spec.missed = [this] { keep_news(); };
  listener_ = inner_->add_listener(std::move(spec));
}

void SchemaCache::keep_news() {
  const auto turn = my_turn();
  const auto now = turn.ok() ? all() : Result<std::map<std::string, Entry>>(turn.error());
  const Status kept = now.ok() ? keep(*now) : Status(now.error());
  if (!kept.ok()) runtime_.log().error("schemas", "what another node wrote is not on this node's disk: " + kept.error().message());
}

Status SchemaCache::put(const Entry& entry) {
  Mutation m;
  m.key = entry.key;
  m.value = entry.value;
  m.lifespan_ms = entry.metadata.expiration.lifespan_ms;
  m.max_idle_ms = entry.metadata.expiration.max_idle_ms;
  if (auto done = inner_->write({}, m); !done.ok()) return done.error();
  return success();
}

Status SchemaCache::remove(BytesView stored_key) {
  Mutation m;
  m.key = stored_key;
  m.effect = Effect::remove;
  if (auto done = inner_->write({}, m); !done.ok()) return done.error();
  return success();
}

}  // namespace holdfast::server
