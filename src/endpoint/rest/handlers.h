// One function per route; routes.cpp lists them.
//
// Owner: nothing.  Threads: the connection's loop.  Waits: as the operation.  Fails with: an answer.
#pragma once

namespace holdfast::rest {

class Exchange;

// entry_handlers.cpp
void get_entry(Exchange&);
void put_entry(Exchange&);
void post_entry(Exchange&);
void delete_entry(Exchange&);

// cache_handlers.cpp
void list_caches(Exchange&);
void list_caches_detailed(Exchange&);
void convert_configuration(Exchange&);
void create_cache(Exchange&);
void update_cache(Exchange&);
void remove_cache(Exchange&);
void cache_exists(Exchange&);
void cache_detail(Exchange&);
void cache_config(Exchange&);
void cache_health(Exchange&);
void get_attribute(Exchange&);
void list_attributes(Exchange&);
void set_attribute(Exchange&);
void assign_alias(Exchange&);

// cluster_handlers.cpp
void cache_distribution(Exchange&);
void key_distribution(Exchange&);
void cluster_distribution(Exchange&);
void cache_rebalancing_on(Exchange&);
void cache_rebalancing_off(Exchange&);
void container_rebalancing_on(Exchange&);
void container_rebalancing_off(Exchange&);
void cache_rebalance_progress(Exchange&);

// content_handlers.cpp
void clear_cache(Exchange&);
void cache_size(Exchange&);
void cache_keys(Exchange&);
void cache_entries(Exchange&);
void cache_stats(Exchange&);
void reset_cache_stats(Exchange&);

// container_handlers.cpp
void container_info(Exchange&);
void container_health(Exchange&);
void container_health_status(Exchange&);
void container_stats(Exchange&);
void container_config(Exchange&);
void container_cache_configs(Exchange&);
void container_templates(Exchange&);
void container_shutdown(Exchange&);
void server_info(Exchange&);
void server_stop(Exchange&);
void cluster_stop(Exchange&);
void login_config(Exchange&);
void process_live(Exchange&);
void process_ready(Exchange&);
void welcome(Exchange&);

// schema_handlers.cpp
void list_schemas(Exchange&);
void get_schema(Exchange&);
void create_schema(Exchange&);
void put_schema(Exchange&);
void delete_schema(Exchange&);

// metrics_handler.cpp
void metrics(Exchange&);

}  // namespace holdfast::rest
