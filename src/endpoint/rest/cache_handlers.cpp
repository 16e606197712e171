// Caches: list, create, remove, configuration, attributes, aliases.
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "endpoint/rest/flags.h"
#include "endpoint/rest/handlers.h"
#include "endpoint/rest/json_answers.h"
#include "endpoint/rest/open_cache.h"

namespace holdfast::rest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kCacheSegment = 3;

std::string name_in_path(Exchange& x) { return std::string(x.segment(kCacheSegment)); }

std::string_view type_name(const CacheConfiguration& c) {
  switch (c.mode) {
    case CacheMode::local: return "local-cache";
    case CacheMode::invalidation: return "invalidation-cache";
    case CacheMode::replicated: return "replicated-cache";
    case CacheMode::distributed: return "distributed-cache";
    case CacheMode::scattered: return "scattered-cache";
  }
  return "local-cache";
}

/// What lists and details have in common.
Json features(Exchange& x, const std::string& name, const CacheConfiguration& c) {
  return {{"simple_cache", c.simple},
          {"transactional", c.transaction.mode != TransactionMode::none},
          {"persistent", !c.persistence.stores.empty()},
          {"bounded", c.memory.bounded()},
          {"secured", c.security.authorization},
          {"indexed", c.indexing.enabled},
          {"has_remote_backup", false},
          {"tracing", false},
          {"rebalancing_enabled", rebalancing_enabled(x, name)},
          {"aliases", c.aliases}};
}

Json summary(Exchange& x, const std::string& name, const server::CacheView& view) {
  const engine::Health health = x.dispatcher().manager().health(name);
  Json out = {{"name", name}, {"status", health == engine::Health::failed ? "FAILED" : "RUNNING"}, {"type", type_name(view.configuration())}};
  out.update(features(x, name, view.configuration()));
  out["health"] = health_name(health);
  return out;
}

/// A body that holds a configuration. False: answered.
bool is_configuration(Exchange& x) {
  const BytesView given = x.request.header("Content-Type");
  if (given.empty() || x.request.body.empty()) return true;
  const auto type = media::MediaType::parse(given);
  if (type.ok()) {
    for (const std::string_view known : {media::kJson, media::kXml, "application/yaml", "application/x-yaml", "text/yaml", "text/xml", media::kTextPlain, "application/x-www-form-urlencoded"}) {
      if (type->name() == known) return true;
    }
  }
  x.fail(415, "a configuration is application/json, application/xml or application/yaml, not " + std::string(given.substr(0, 100)));
  return false;
}

// ---- Attributes that may change at run time, as set_attribute() names them

struct Attribute {
  const char* name;
  Json (*read)(const CacheConfiguration&);
};
constexpr Attribute kAttributes[] = {
    {"memory.max-count", [](const CacheConfiguration& c) { return Json(c.memory.max_count); }},
    {"memory.max-size", [](const CacheConfiguration& c) { return Json(c.memory.max_size_bytes); }},
    {"expiration.lifespan", [](const CacheConfiguration& c) { return Json(c.expiration.lifespan_ms); }},
    {"expiration.max-idle", [](const CacheConfiguration& c) { return Json(c.expiration.max_idle_ms); }},
    {"expiration.interval", [](const CacheConfiguration& c) { return Json(c.expiration.interval_ms); }},
    {"locking.acquire-timeout", [](const CacheConfiguration& c) { return Json(c.locking.acquire_timeout_ms); }},
    {"statistics", [](const CacheConfiguration& c) { return c.statistics ? Json(*c.statistics) : Json(); }},
    {"aliases", [](const CacheConfiguration& c) { return Json(c.aliases); }},
};

/// The view of a cache whose configuration the caller may see. Nothing: answered.
std::optional<server::CacheView> open_for_configuration(Exchange& x) {
  auto view = open_cache(x);
  if (!view) return std::nullopt;
  if (const Status allowed = view->check(ops::OpId::cache_config); !allowed.ok()) return x.fail(allowed.error()), std::nullopt;
  return view;
}

void create(Exchange& x, engine::CreateOptions options) {
  const std::string name = name_in_path(x);
  if (const auto base = x.parameter("template"); base && !base->empty()) {
    return x.finish(x.dispatcher().create_cache_from_template(x.subject(), name, *base, options), 200);
  }
  if (!is_configuration(x)) return;
  x.finish(x.dispatcher().create_cache(x.subject(), name, x.request.body, options), 200);
}

}  // namespace

void list_caches(Exchange& x) { answer_json(x, x.dispatcher().cache_names(x.subject(), true)); }

void list_caches_detailed(Exchange& x) {
  Json all = Json::array();
  for (const std::string& name : x.dispatcher().cache_names(x.subject(), false)) {
    const auto view = x.dispatcher().open(x.subject(), name, {});
    if (view.ok()) all.push_back(summary(x, name, *view));
  }
  answer_json(x, all);
}

void convert_configuration(Exchange& x) {
  if (!is_configuration(x)) return;
  const char* format = configuration_format(x);
  if (format == nullptr) return;
  const auto to = config::format_from_name(format);
  if (!to.ok()) return x.fail(to.error());
  const auto text = config::convert(x.request.body, {}, *to);
  if (!text.ok()) return x.fail(text.error());
  x.answer(200, media_type_of_format(format), *text);
}

void create_cache(Exchange& x) {
  const auto options = parse_create_flags(x.request.header("flags"));
  if (!options.ok()) return x.fail(options.error());
  create(x, *options);
}

void update_cache(Exchange& x) {
  if (x.request.body.empty()) return x.fail(400, "PUT needs the configuration in its body; use POST to create a cache with the defaults");
  auto options = parse_create_flags(x.request.header("flags"));
  if (!options.ok()) return x.fail(options.error());
  options->or_update = true;
  create(x, *options);
}

void remove_cache(Exchange& x) {
  const std::string name = name_in_path(x);
  if (const auto view = x.dispatcher().open(x.subject(), name, {}); !view.ok()) return x.fail(view.error());
  x.finish(x.dispatcher().remove_cache(x.subject(), name), 200);
}

void cache_exists(Exchange& x) {
  if (open_cache(x)) x.answer(204);
}

void cache_detail(Exchange& x) {
  const auto view = open_cache(x);
  if (!view) return;
  const auto statistics = view->statistics();
  if (!statistics.ok()) return x.fail(statistics.error());
  const CacheConfiguration& c = view->configuration();
  Json out;
  out["stats"] = statistics_json(*statistics);
  const auto size = view->size();
  out["size"] = size.ok() ? Json(*size) : Json();
  const auto configuration = x.dispatcher().cache_configuration(x.subject(), view->name(), "json");
  out["configuration"] = configuration.ok() ? Json(*configuration) : Json();
  out["rehash_in_progress"] = x.dispatcher().manager().health(view->name()) == engine::Health::healthy_rebalancing;
  out["indexing_in_progress"] = false;
  out.update(features(x, view->name(), c));
  out["statistics"] = statistics->enabled;
  out["queryable"] = false;
  out["mode"] = type_name(c);
  out["storage_type"] = c.memory.storage == Storage::off_heap ? "OFF_HEAP" : "HEAP";
  out["max_size"] = c.memory.max_count;
  out["max_size_bytes"] = c.memory.max_size_bytes;
  const auto stored = [](const media::MediaType& type) { return type.empty() ? std::string(media::kUnknown) : type.to_string(); };
  out["key_storage"] = stored(view->storage().key);
  out["value_storage"] = stored(view->storage().value);
  answer_json(x, out);
}

void cache_config(Exchange& x) {
  const char* format = configuration_format(x);
  if (format == nullptr || !open_for_configuration(x)) return;
  const auto text = x.dispatcher().cache_configuration(x.subject(), name_in_path(x), format);
  if (!text.ok()) return x.fail(text.error());
  x.answer(200, media_type_of_format(format), *text);
}

void cache_health(Exchange& x) {
  const auto view = open_cache(x);
  if (view) x.answer(200, media::kTextPlain, health_name(x.dispatcher().manager().health(view->name())));
}

void list_attributes(Exchange& x) {
  const auto view = open_for_configuration(x);
  if (!view) return;
  const bool full = x.parameter("full") == "true";
  Json out = full ? Json::object() : Json::array();
  for (const Attribute& attribute : kAttributes) {
    if (full) {
      out[attribute.name] = {{"value", attribute.read(view->configuration())}};
    } else {
      out.push_back(attribute.name);
    }
  }
  answer_json(x, out);
}

void get_attribute(Exchange& x) {
  const auto name = x.required("attribute-name");
  if (!name) return;
  const auto view = open_for_configuration(x);
  if (!view) return;
  for (const Attribute& attribute : kAttributes) {
    if (*name == attribute.name) return answer_json(x, attribute.read(view->configuration()));
  }
  x.fail(404, "there is no attribute '" + name->substr(0, 100) + "' that may change; ?action=get-mutable-attributes lists them");
}

void set_attribute(Exchange& x) {
  const auto name = x.required("attribute-name");
  if (!name) return;
  const auto value = x.parameter("attribute-value");
  if (!value) return x.fail(400, "the parameter 'attribute-value' is missing; add ?attribute-value=...");
  if (const auto view = open_cache(x)) x.finish(view->set_attribute(*name, *value));
}

void assign_alias(Exchange& x) {
  if (const auto alias = x.required("alias")) x.finish(x.dispatcher().assign_alias(x.subject(), name_in_path(x), *alias));
}

}  // namespace holdfast::rest
