#include "server/admin_tasks.h"

#include <nlohmann/json.hpp>

#include "server/internal_caches.h"

namespace holdfast::server {
namespace {

using security::Subject;

/// The parameters of one call, by name.
class Arguments {
 public:
  Arguments(const char* task, const Dispatcher::TaskParameters& parameters) : task_(task), parameters_(parameters) {}

  std::optional<std::string> find(std::string_view name) const {
    for (const auto& [given, value] : parameters_) {
      if (given == name) return value;
    }
    return std::nullopt;
  }
  Result<std::string> required(std::string_view name) const {
    auto value = find(name);
    if (value && !value->empty()) return *value;
    return Error(Errc::invalid_argument, "task '" + std::string(task_) + "' needs the parameter '" + std::string(name) + "'");
  }
  Result<engine::CreateOptions> create_options() const;

 private:
  const char* task_;
  const Dispatcher::TaskParameters& parameters_;
};

/// "VOLATILE,UPDATE", in any case; spaces separate too, as older clients write it.
Result<engine::CreateOptions> Arguments::create_options() const {
  engine::CreateOptions options;
  std::string word;
  const std::string flags = find("flags").value_or("") + ",";
  for (const char c : flags) {
    if (c != ',' && c != ' ') {
      word += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
      continue;
    }
    if (word == "VOLATILE") {
      options.volatile_definition = true;
    } else if (word == "UPDATE") {
      options.or_update = true;
    } else if (!word.empty() && word != "PERMANENT") {
      return Error(Errc::invalid_argument, "task '" + std::string(task_) + "': unknown flag '" + word + "'; it takes VOLATILE and UPDATE");
    }
    word.clear();
  }
  return options;
}

using Body = Result<Bytes> (*)(Dispatcher&, const Subject&, const Arguments&);

Result<Bytes> nothing(const Status& status) {
  if (!status.ok()) return status.error();
  return Bytes();
}

Result<Bytes> create(Dispatcher& d, const Subject& who, const Arguments& in, bool or_get) {
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(engine::CreateOptions options, in.create_options());
  options.or_get = or_get;
  if (const auto base = in.find("template"); base && !base->empty()) return nothing(d.create_cache_from_template(who, name, *base, options));
  return nothing(d.create_cache(who, name, in.find("configuration").value_or(""), options));
}
Result<Bytes> cache_create(Dispatcher& d, const Subject& who, const Arguments& in) { return create(d, who, in, false); }
Result<Bytes> cache_get_or_create(Dispatcher& d, const Subject& who, const Arguments& in) { return create(d, who, in, true); }

Result<Bytes> cache_remove(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_ASSIGN(const std::string name, in.required("name"));
  const Status removed = d.remove_cache(who, name);
  // Clients remove before they create and count on this being no error.
  if (!removed.ok() && removed.error().code() == Errc::cache_not_found) return Bytes();
  return nothing(removed);
}

Result<Bytes> cache_names(Dispatcher& d, const Subject& who, const Arguments&) {
  return Bytes(nlohmann::json(d.cache_names(who, true)).dump());
}

Result<Bytes> cache_templates(Dispatcher& d, const Subject& who, const Arguments&) {
  return Bytes(nlohmann::json(d.template_names(who)).dump());
}

/// Indexes come with queries; until then no cache has one, and saying so beats pretending.
Result<Bytes> of_an_index(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(const CacheView view, d.open(who, name, {}));
  HF_TRY(view.check(ops::OpId::set_attribute));
  return Error(Errc::not_supported, "ISPN014503: Cache '" + view.name() + "' is not indexed");
}

Result<Bytes> cache_update_attribute(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(const std::string attribute, in.required("attribute"));
  const auto value = in.find("value");
  if (!value) return in.required("value").error();
  HF_ASSIGN(const CacheView view, d.open(who, name, {}));
  return nothing(view.set_attribute(attribute, *value));
}

Result<Bytes> cache_assign_alias(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(const std::string alias, in.required("alias"));
  return nothing(d.assign_alias(who, name, alias));
}

Result<Bytes> template_create(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(const std::string configuration, in.required("configuration"));
  return nothing(d.create_template(who, name, configuration));
}

Result<Bytes> template_remove(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_ASSIGN(const std::string name, in.required("name"));
  return nothing(d.remove_template(who, name));
}

// ---- Schemas

Result<CacheView> schemas(Dispatcher& d, const Subject& who) {
  HF_ASSIGN(const media::MediaType text, media::MediaType::parse(media::kTextPlain));
  return d.open(who, kSchemaCache, {text, text});
}

Result<std::optional<std::string>> text_of(const CacheView& cache, const std::string& key) {
  std::optional<std::string> text;
  HF_ASSIGN([[maybe_unused]] const bool found, cache.read(ops::OpId::get, key, [&](const EntryView& entry) { text = Bytes(entry.value); }));
  return text;
}

/// The answer's first line says what happened to the schema: c(reated), u(pdated) or n(othing); a second one holds
/// the error that its text has.
Result<Bytes> schema_put(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_TRY(d.check(who, ops::OpId::put_schema));
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(const std::string content, in.required("content"));
  const std::string op = in.find("op").value_or("s");
  if (op != "c" && op != "u" && op != "s") {
    return Error(Errc::invalid_argument, "task '@@schemas@createOrUpdate': op is '" + op + "'; it is c(reate), u(pdate) or s(ave)");
  }
  HF_ASSIGN(const CacheView cache, schemas(d, who));
  HF_ASSIGN(const std::optional<std::string> before, text_of(cache, name));
  const std::string force = in.find("force").value_or("");
  const bool forced = force == "f" || force == "true";  // Java's client says "f"
  if ((op == "c" && before) || (op == "u" && !before) || (before == content && !forced)) return Bytes("n");
  Mutation m;
  m.key = name;
  m.value = content;
  if (auto written = cache.write(ops::OpId::put, m); !written.ok()) return written.error();
  HF_ASSIGN(const std::optional<std::string> error, text_of(cache, name + ".errors"));
  return Bytes(before ? "u" : "c") + (error ? ";" + *error : "");
}

Result<Bytes> schema_delete(Dispatcher& d, const Subject& who, const Arguments& in) {
  HF_TRY(d.check(who, ops::OpId::delete_schema));
  HF_ASSIGN(const std::string name, in.required("name"));
  HF_ASSIGN(const CacheView cache, schemas(d, who));
  Mutation m;
  m.key = name;
  m.effect = Effect::remove;
  HF_ASSIGN(const Outcome outcome, cache.write(ops::OpId::remove, m));
  return Bytes(outcome.had_previous ? "1" : "0");
}

struct Row {
  const char* name;
  Body body;
};
constexpr Row kTasks[] = {
    {"@@cache@create", cache_create},
    {"@@cache@getorcreate", cache_get_or_create},
    {"@@cache@remove", cache_remove},
    {"@@cache@names", cache_names},
    {"@@cache@templates", cache_templates},
    {"@@cache@reindex", of_an_index},
    {"@@cache@updateindexschema", of_an_index},
    {"@@cache@updateConfigurationAttribute", cache_update_attribute},
    {"@@cache@assignAlias", cache_assign_alias},
    {"@@template@create", template_create},
    {"@@template@remove", template_remove},
    {"@@schemas@createOrUpdate", schema_put},
    {"@@schemas@delete", schema_delete},
};

}  // namespace

void register_admin_tasks(Dispatcher& dispatcher) {
  for (const Row& row : kTasks) {
    dispatcher.register_task(
        row.name,
        [&dispatcher, &row](const Subject& who, const Dispatcher::TaskParameters& parameters) {
          return row.body(dispatcher, who, Arguments(row.name, parameters));
        },
        Dispatcher::TaskAccess::checked_by_task);
  }
}

}  // namespace holdfast::server
