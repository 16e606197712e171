#include "endpoint/rest/routes.h"

#include <algorithm>

#include "endpoint/rest/handlers.h"

namespace holdfast::rest {
namespace {

using enum ops::OpId;

// Entries first: they are asked for most. Of two rows that match, the first one wins.
constexpr Route kRoutes[] = {
    {kGet, "/rest/v2/caches/{cache}/{key}", "distribution", Access::cache, distribution, key_distribution},
    {kGet, "/rest/v2/caches/{cache}/{key}", nullptr, Access::cache, get, get_entry},
    {kPut, "/rest/v2/caches/{cache}/{key}", nullptr, Access::cache, put, put_entry},
    {kPost, "/rest/v2/caches/{cache}/{key}", nullptr, Access::cache, put_if_absent, post_entry},
    {kDelete, "/rest/v2/caches/{cache}/{key}", nullptr, Access::cache, remove, delete_entry},

    {kGet, "/rest/v2/caches", "", Access::container, cache_names, list_caches},
    {kGet, "/rest/v2/caches", "detailed", Access::container, cache_names, list_caches_detailed},
    {kPost, "/rest/v2/caches", "convert", Access::container, cache_names, convert_configuration},
    {kPost, "/rest/v2/caches/{cache}", "", Access::container, ops::OpId::create_cache, rest::create_cache},
    {kPut, "/rest/v2/caches/{cache}", "", Access::container, ops::OpId::create_cache, update_cache},
    {kDelete, "/rest/v2/caches/{cache}", "", Access::container, ops::OpId::remove_cache, rest::remove_cache},
    {kHead, "/rest/v2/caches/{cache}", "", Access::cache, cache_names, cache_exists},
    {kGet, "/rest/v2/caches/{cache}", "", Access::cache, ops::OpId::cache_stats, cache_detail},
    {kGet, "/rest/v2/caches/{cache}", "keys", Access::cache, get_keys, cache_keys},
    {kGet, "/rest/v2/caches/{cache}", "entries", Access::cache, iterate, cache_entries},
    {kGet, "/rest/v2/caches/{cache}", "size", Access::cache, size, cache_size},
    {kPost, "/rest/v2/caches/{cache}", "clear", Access::cache, clear, clear_cache},
    {kGet, "/rest/v2/caches/{cache}", "stats", Access::cache, ops::OpId::cache_stats, rest::cache_stats},
    {kPost, "/rest/v2/caches/{cache}", "stats-reset", Access::cache, reset_stats, reset_cache_stats},
    {kGet, "/rest/v2/caches/{cache}", "config", Access::cache, ops::OpId::cache_config, rest::cache_config},
    {kGet, "/rest/v2/caches/{cache}", "health", Access::cache, cache_names, cache_health},
    {kGet, "/rest/v2/caches/{cache}", "get-mutable-attribute", Access::cache, ops::OpId::cache_config, get_attribute},
    {kGet, "/rest/v2/caches/{cache}", "get-mutable-attributes", Access::cache, ops::OpId::cache_config, list_attributes},
    {kPost, "/rest/v2/caches/{cache}", "set-mutable-attribute", Access::cache, ops::OpId::set_attribute, rest::set_attribute},
    {kPost, "/rest/v2/caches/{cache}", "assign-alias", Access::cache, ops::OpId::assign_alias, rest::assign_alias},

    {kGet, "/rest/v2/caches/{cache}", "distribution", Access::cache, distribution, cache_distribution},
    {kGet, "/rest/v2/caches/{cache}", "rebalance-progress", Access::cache, distribution, cache_rebalance_progress},
    {kPost, "/rest/v2/caches/{cache}", "enable-rebalancing", Access::cache, set_rebalancing, cache_rebalancing_on},
    {kPost, "/rest/v2/caches/{cache}", "disable-rebalancing", Access::cache, set_rebalancing, cache_rebalancing_off},

    {kGet, "/rest/v2/container", "", Access::container, ops::OpId::container_info, rest::container_info, true},
    {kPost, "/rest/v2/container", "enable-rebalancing", Access::container, container_rebalancing, container_rebalancing_on, true},
    {kPost, "/rest/v2/container", "disable-rebalancing", Access::container, container_rebalancing, container_rebalancing_off, true},
    {kPost, "/rest/v2/container", "shutdown", Access::container, ops::OpId::container_shutdown, rest::container_shutdown, true},
    {kGet, "/rest/v2/container/health", "", Access::container, ops::OpId::container_info, container_health},
    {kGet, "/rest/v2/container/health/status", "", Access::anonymous, server_info, container_health_status},
    {kGet, "/rest/v2/container/stats", "", Access::container, ops::OpId::container_info, container_stats, true},
    {kGet, "/rest/v2/container/config", "", Access::container, ops::OpId::cache_config, container_config, true},
    {kGet, "/rest/v2/container/cache-configs", "", Access::container, ops::OpId::container_info, container_cache_configs, true},
    {kGet, "/rest/v2/container/cache-configs/templates", "", Access::container, ops::OpId::container_info, container_templates, true},

    {kGet, "/rest/v2/schemas", "", Access::cache, iterate, list_schemas},
    {kGet, "/rest/v2/schemas/{schema}", "", Access::cache, get, get_schema},
    {kPost, "/rest/v2/schemas/{schema}", "", Access::container, ops::OpId::put_schema, create_schema},
    {kPut, "/rest/v2/schemas/{schema}", "", Access::container, ops::OpId::put_schema, rest::put_schema},
    {kDelete, "/rest/v2/schemas/{schema}", "", Access::container, ops::OpId::delete_schema, rest::delete_schema},

    {kGet, "/rest/v2/server", "", Access::container, ops::OpId::server_info, rest::server_info},
    {kPost, "/rest/v2/server", "stop", Access::container, ops::OpId::server_stop, rest::server_stop, true},
    {kGet, "/rest/v2/cluster", "distribution", Access::container, ops::OpId::container_info, cluster_distribution, true},
    {kPost, "/rest/v2/cluster", "stop", Access::container, ops::OpId::server_stop, rest::cluster_stop, true},
    {kGet, "/rest/v2/login", "config", Access::anonymous, ops::OpId::server_info, login_config},

    {kGet, "/metrics", nullptr, Access::metrics, ops::OpId::metrics, rest::metrics},
    {kGet, "/health/live", nullptr, Access::anonymous, ops::OpId::server_info, process_live},
    {kGet, "/health/ready", nullptr, Access::anonymous, ops::OpId::server_info, process_ready},
    {kGet, "/", nullptr, Access::anonymous, ops::OpId::server_info, welcome},
    {kGet, "/console", nullptr, Access::anonymous, ops::OpId::server_info, welcome},
};

bool matches(std::string_view pattern, const Target& target) {
  std::size_t index = 0;
  pattern.remove_prefix(1);  // the first '/'
  while (!pattern.empty()) {
    const std::string_view part = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(std::min(pattern.size(), part.size() + 1));
    if (index == target.count) return false;
    const BytesView segment = target.segments[index++];
    if (part.front() == '{' ? segment.empty() : part != segment) return false;
  }
  return index == target.count;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Match find_route(const Target& target, Method method, std::string_view action, bool admin) {
  Match match;
  for (const Route& route : kRoutes) {
    if ((route.admin && !admin) || !matches(route.path, target)) continue;
    match.path_exists = true;
    match.methods |= route.methods;
    if (method == Method::other || (route.methods & bit(method)) == 0) continue;
    match.method_exists = true;
    if (route.action != nullptr && action != route.action) continue;
    match.route = &route;
    return match;
  }
  return match;
}

std::string allow(std::uint8_t methods) {
  std::string out;
  for (const Method method : {Method::get, Method::head, Method::put, Method::post, Method::del}) {
    if ((methods & bit(method)) != 0) out.append(method_name(method)).append(", ");
  }
  return out + "OPTIONS";
}

}  // namespace holdfast::rest
