// Protobuf schemas: the texts in the internal cache ___protobuf_metadata, and what is wrong with them.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "endpoint/rest/handlers.h"
#include "endpoint/rest/json_answers.h"
#include "server/internal_caches.h"

namespace holdfast::rest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSchemaSegment = 3;
constexpr std::string_view kEnding = ".proto";
constexpr std::string_view kErrors = ".errors";

/// With the ending that every schema has.
std::string schema_name(Exchange& x) {
  std::string name(x.segment(kSchemaSegment));
  if (!name.ends_with(kEnding)) name += kEnding;
  return name;
}

/// Nothing: answered.
std::optional<server::CacheView> open_schemas(Exchange& x) {
  const auto text = media::MediaType::parse(media::kTextPlain).value();
  auto view = x.dispatcher().open(x.subject(), server::kSchemaCache, {text, text});
  if (view.ok()) return std::move(view).value();
  x.fail(view.error());
  return std::nullopt;
}

Result<std::optional<std::string>> text_of(const server::CacheView& schemas, const std::string& key) {
  std::optional<std::string> text;
  HF_ASSIGN([[maybe_unused]] const bool found, schemas.read(ops::OpId::get, key, [&](const EntryView& entry) { text = Bytes(entry.value); }));
  return text;
}

Json described(const std::string& name, const std::optional<std::string>& error) {
  if (!error) return {{"name", name}, {"error", nullptr}};
  return {{"name", name}, {"error", {{"message", "Schema " + name + " has errors"}, {"cause", *error}}}};
}

void put(Exchange& x, bool only_if_absent) {
  if (x.request.body.empty()) return x.fail(400, "the schema's text is missing from the body");
  const auto schemas = open_schemas(x);
  if (!schemas) return;
  const std::string name = schema_name(x);
  Mutation m;
  m.key = name;
  m.value = x.request.body;
  if (only_if_absent) m.precondition = Precondition::if_absent;
  const auto written = schemas->write(only_if_absent ? ops::OpId::put_if_absent : ops::OpId::put, m);
  if (!written.ok()) return x.fail(written.error());
  if (!written->done()) return x.fail(409, "the schema '" + name + "' exists already; use PUT to replace it");
  const auto error = text_of(*schemas, name + std::string(kErrors));
  if (!error.ok()) return x.fail(error.error());
  x.answer(only_if_absent ? 201 : 200, media::kJson, json_text(described(name, *error)));
}

}  // namespace

void list_schemas(Exchange& x) {
  const auto schemas = open_schemas(x);
  if (!schemas) return;
  std::vector<std::string> names;
  for (std::uint32_t segment = 0; segment < schemas->segments(); ++segment) {
    const auto entries = schemas->entries_of_segment(ops::OpId::iterate, segment);
    if (!entries.ok()) return x.fail(entries.error());
    for (const Entry& entry : *entries) {
      if (entry.key.ends_with(kEnding)) names.push_back(entry.key);
    }
  }
  std::sort(names.begin(), names.end());
  Json all = Json::array();
  for (const std::string& name : names) {
    const auto error = text_of(*schemas, name + std::string(kErrors));
    if (!error.ok()) return x.fail(error.error());
    all.push_back(described(name, *error));
  }
  answer_json(x, all);
}

void get_schema(Exchange& x) {
  const auto schemas = open_schemas(x);
  if (!schemas) return;
  const auto text = text_of(*schemas, schema_name(x));
  if (!text.ok()) return x.fail(text.error());
  if (!*text) return x.fail(404, "there is no schema '" + schema_name(x) + "'");
  x.answer(200, media::kTextPlain, **text);
}

void create_schema(Exchange& x) { put(x, true); }
void put_schema(Exchange& x) { put(x, false); }

void delete_schema(Exchange& x) {
  const auto schemas = open_schemas(x);
  if (!schemas) return;
  const std::string name = schema_name(x);
  Mutation m;
  m.key = name;
  m.effect = Effect::remove;
  const auto removed = schemas->write(ops::OpId::remove, m);
  if (!removed.ok()) return x.fail(removed.error());
  removed->done() ? x.answer(204) : x.fail(404, "there is no schema '" + name + "'");
}

}  // namespace holdfast::rest
