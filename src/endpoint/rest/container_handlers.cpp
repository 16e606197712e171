// The container and the server around it: state, health, configuration, stopping; login; the page at "/".
#include <algorithm>
#include <nlohmann/json.hpp>

#include "config/config.h"
#include "endpoint/rest/handlers.h"
#include "endpoint/rest/json_answers.h"

namespace holdfast::rest {
namespace {

using Json = nlohmann::ordered_json;

engine::CacheManager& manager(Exchange& x) { return x.dispatcher().manager(); }

std::string node_name(Exchange& x) {
  const server::ServerControl* control = x.state().context.control;
  return control == nullptr ? manager(x).configuration().node_name : control->node_name();
}
std::string version(Exchange& x) {
  const server::ServerControl* control = x.state().context.control;
  return control == nullptr ? "" : control->version();
}
/// "[host:port]": where the other nodes find this one, or without any its endpoints, as the original writes it.
std::string addresses(Exchange& x, const server::ClusterSummary& nodes) {
  const server::ServerControl* control = x.state().context.control;
  std::vector<std::string> own = control == nullptr ? std::vector<std::string>() : control->physical_addresses();
  const auto self = std::find(nodes.members.begin(), nodes.members.end(), node_name(x));
  const auto at = static_cast<std::size_t>(self - nodes.members.begin());
  if (!nodes.name.empty() && at < nodes.addresses.size()) own = {nodes.addresses[at]};
  std::string all;
  for (const std::string& address : own) all += (all.empty() ? "" : ", ") + address;
  return "[" + all + "]";
}

server::ClusterSummary cluster(Exchange& x) {
  const server::ServerControl* control = x.state().context.control;
  server::ClusterSummary alone;
  alone.members = {node_name(x)};
  return control == nullptr ? alone : control->cluster();
}

/// The worst of all caches; a container that was shut down has none that serves.
engine::Health overall_health(Exchange& x) {
  if (!manager(x).running()) return engine::Health::failed;
  engine::Health worst = engine::Health::healthy;
  for (const std::string& name : manager(x).cache_names(false)) worst = std::max(worst, manager(x).health(name));
  return worst;
}

std::string cluster_name(Exchange& x) {
  const std::string name = cluster(x).name;
  return name.empty() ? "local" : name;
}

/// The configuration of the container with the caches that it has now.
std::string configuration_text(Exchange& x, std::string_view format) {
  config::Document document;
  document.container = manager(x).configuration();
  document.container.caches.clear();
  document.container.templates.clear();
  for (const std::string& name : manager(x).cache_names(false)) {
    if (auto cache = manager(x).cache_configuration(name); cache.ok()) document.container.caches.emplace(name, std::move(cache).value());
  }
  for (const std::string& name : manager(x).template_names()) {
    if (auto base = manager(x).cache_configuration(name); base.ok()) document.container.templates.emplace(name, std::move(base).value());
  }
  return config::write(document, config::format_from_name(format).value());
}

void answer_configurations(Exchange& x, const std::vector<std::string>& names) {
  const char* format = configuration_format(x);
  if (format == nullptr) return;
  Json all = Json::array();
  for (const std::string& name : names) {
    const auto text = x.dispatcher().cache_configuration(x.subject(), name, format);
    if (text.ok()) all.push_back({{"name", name}, {"configuration", *text}});
  }
  answer_json(x, all);
}

}  // namespace

void container_info(Exchange& x) {
  const server::ClusterSummary nodes = cluster(x);
  Json caches = Json::array();
  for (const std::string& name : x.dispatcher().cache_names(x.subject(), true)) caches.push_back({{"name", name}, {"started", true}});
  answer_json(x, {{"version", version(x)},
                  {"name", manager(x).configuration().name},
                  {"coordinator", nodes.coordinator},
                  {"cache_configuration_names", x.dispatcher().template_names(x.subject())},
                  {"cluster_name", cluster_name(x)},
                  {"physical_addresses", addresses(x, nodes)},
                  {"coordinator_address", nodes.members.front()},
                  {"cache_manager_status", manager(x).running() ? "RUNNING" : "TERMINATED"},
                  {"created_cache_count", std::to_string(caches.size())},
                  {"running_cache_count", std::to_string(manager(x).running() ? caches.size() : 0)},
                  {"node_address", node_name(x)},
                  {"cluster_members", nodes.members},
                  {"cluster_members_physical_addresses", nodes.addresses},
                  {"cluster_size", nodes.members.size()},
                  {"defined_caches", caches},
                  {"local_site", nullptr},
                  {"relay_node", false},
                  {"relay_nodes_address", Json::array()},
                  {"sites_view", Json::array()},
                  {"rebalancing_enabled", rebalancing_enabled(x, "")},
                  {"tracing_enabled", false}});
}

void container_health(Exchange& x) {
  const server::ClusterSummary nodes = cluster(x);
  Json caches = Json::array();
  for (const std::string& name : x.dispatcher().cache_names(x.subject(), true)) {
    caches.push_back({{"status", health_name(manager(x).health(name))}, {"cache_name", name}});
  }
  answer_json(x, {{"cluster_health",
                   {{"cluster_name", cluster_name(x)}, {"health_status", health_name(overall_health(x))}, {"number_of_nodes", nodes.members.size()}, {"node_names", nodes.members}}},
                  {"cache_health", caches}});
}

void container_health_status(Exchange& x) { x.answer(200, media::kTextPlain, health_name(overall_health(x))); }

void container_stats(Exchange& x) {
  StatisticsSum sum;
  bool enabled = false;
  for (const std::string& name : manager(x).cache_names(false)) {
    const auto cache = manager(x).cache(name);
    if (!cache.ok()) continue;
    const engine::StatisticsSnapshot figures = (*cache)->statistics();
    enabled = enabled || figures.enabled;
    sum.add(figures);
  }
  const engine::StatisticsSnapshot total = sum.result();
  Json out = {{"statistics_enabled", enabled}, {"number_of_entries", total.entries}};
  out.update(statistics_json(total));
  const auto ratio = [](std::int64_t part, std::int64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0.0; };
  out["hit_ratio"] = ratio(total.hits, total.retrievals());
  out["read_write_ratio"] = ratio(total.retrievals(), total.stores);
  answer_json(x, out);
}

void container_config(Exchange& x) {
  if (const char* format = configuration_format(x)) x.answer(200, media_type_of_format(format), configuration_text(x, format));
}

void container_cache_configs(Exchange& x) { answer_configurations(x, x.dispatcher().cache_names(x.subject(), false)); }
void container_templates(Exchange& x) { answer_configurations(x, x.dispatcher().template_names(x.subject())); }

void container_shutdown(Exchange& x) {
  server::ServerControl* control = x.state().context.control;
  if (control == nullptr) return x.fail(503, "this server cannot be shut down over REST");
  x.finish(control->shutdown_container());
}

void server_info(Exchange& x) { answer_json(x, {{"version", "Holdfast " + version(x)}}); }

void server_stop(Exchange& x) {
  server::ServerControl* control = x.state().context.control;
  if (control == nullptr) return x.fail(503, "this server cannot be stopped over REST");
  x.answer(204);
  control->request_stop();
}

void cluster_stop(Exchange& x) {
  server::ServerControl* control = x.state().context.control;
  if (control == nullptr) return x.fail(503, "this server cannot be stopped over REST");
  x.answer(204);
  control->request_cluster_stop();
}

void login_config(Exchange& x) {
  const Authentication& authentication = x.state().authentication;
  Json out = {{"mode", "HTTP"}, {"ready", "true"}};
  if (authentication.required() && authentication.digest()) out["DIGEST"] = "true";
  if (authentication.required() && authentication.basic()) out["BASIC"] = "true";
  answer_json(x, out);
}

void process_live(Exchange& x) { x.answer(204); }

void process_ready(Exchange& x) {
  if (!manager(x).running()) return x.fail(503, "the container is stopped");
  x.answer(204);
}

void welcome(Exchange& x) {
  x.answer(200, "text/plain; charset=utf-8",
           "Holdfast " + version(x) +
               "\n\nThis port speaks Hot Rod and REST.\n\n"
               "  GET  /rest/v2/caches                  the caches\n"
               "  POST /rest/v2/caches/NAME             create one\n"
               "  PUT  /rest/v2/caches/NAME/KEY         store an entry\n"
               "  GET  /rest/v2/container/health/status health\n"
               "  GET  /metrics                         figures for monitoring\n\n"
               "docs/manual/rest.md has the rest.\n");
}

}  // namespace holdfast::rest
