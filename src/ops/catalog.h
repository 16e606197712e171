// The catalog: one row per operation. Authorisation, metrics, the admin listing, PING's operation list and the coverage
// page come from here. An operation without a permission does not compile.
//
// Threads: any; constant data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/permission.h"

namespace holdfast::ops {

/// name, kind, scope, permission, counter, since, doc
#define HF_OPERATIONS(X) \
  X(get, read, cache, read, hits, "0.1", "the value of a key") \
  X(get_with_metadata, read, cache, read, hits, "0.1", "the value of a key with its metadata") \
  X(contains_key, read, cache, read, hits, "0.1", "whether a key is present") \
  X(put, write, cache, write, stores, "0.1", "store a value") \
  X(put_if_absent, write, cache, write, stores, "0.1", "store a value unless the key is present") \
  X(replace, write, cache, write, stores, "0.1", "store a value if the key is present") \
  X(replace_if_version, write, cache, write, stores, "0.1", "store a value if the entry has a version") \
  X(replace_if_value, write, cache, write, stores, "0.1", "store a value if the entry has a value") \
  X(remove, write, cache, write, removals, "0.1", "remove an entry") \
  X(remove_if_version, write, cache, write, removals, "0.1", "remove an entry if it has a version") \
  X(remove_if_value, write, cache, write, removals, "0.1", "remove an entry if it has a value") \
  X(compute, write, cache, write, stores, "0.1", "compute a new value from the present one") \
  X(touch, write, cache, write, none, "0.1", "refresh an entry's last use") \
  X(evict, write, cache, write, evictions, "0.1", "forget an entry in memory") \
  X(put_for_external_read, write, cache, write, stores, "0.1", "store a value that was loaded from elsewhere") \
  X(get_all, read, cache, bulk_read, hits, "0.1", "the values of several keys") \
  X(put_all, write, cache, bulk_write, stores, "0.1", "store several values") \
  X(clear, write, cache, bulk_write, none, "0.1", "remove every entry") \
  X(size, read, cache, bulk_read, none, "0.1", "how many entries there are") \
  X(iterate, read, cache, bulk_read, none, "0.1", "walk over entries") \
  X(get_keys, read, cache, bulk_read, none, "0.1", "walk over keys") \
  X(query, read, cache, bulk_read, none, "0.1", "search") \
  X(add_listener, admin, cache, listen, none, "0.1", "receive events") \
  X(remove_listener, admin, cache, listen, none, "0.1", "stop receiving events") \
  X(cache_stats, admin, cache, monitor, none, "0.1", "statistics of a cache") \
  X(cache_config, admin, cache, admin, none, "0.1", "configuration of a cache") \
  X(set_attribute, admin, cache, admin, none, "0.1", "change a mutable attribute of a cache") \
  X(assign_alias, admin, cache, admin, none, "0.1", "point an alias at a cache") \
  X(reset_stats, admin, cache, admin, none, "0.1", "start the statistics of a cache anew") \
  X(distribution, admin, cache, monitor, none, "0.1", "which nodes hold how much of a cache, and who owns a key") \
  X(set_rebalancing, admin, cache, admin, none, "0.1", "let a cache's data move between nodes by itself, or not") \
  X(create_cache, admin, container, create, none, "0.1", "create a cache") \
  X(remove_cache, admin, container, create, none, "0.1", "remove a cache") \
  X(create_template, admin, container, create, none, "0.1", "create a template") \
  X(remove_template, admin, container, create, none, "0.1", "remove a template") \
  X(put_schema, admin, container, create, none, "0.1", "create or change a protobuf schema") \
  X(delete_schema, admin, container, create, none, "0.1", "delete a protobuf schema") \
  X(cache_names, admin, container, none, none, "0.1", "the names of the caches that the caller may see") \
  X(container_info, admin, container, monitor, none, "0.1", "state of the container") \
  X(container_rebalancing, admin, container, admin, none, "0.1", "let data move between nodes by itself, or not") \
  X(container_shutdown, admin, container, lifecycle, none, "0.1", "stop the caches") \
  X(server_stop, admin, container, lifecycle, none, "0.1", "stop the server") \
  X(server_info, admin, container, none, none, "0.1", "name and version of the server") \
  X(metrics, admin, container, monitor, none, "0.1", "figures for monitoring") \
  X(exec_task, admin, container, exec, none, "0.1", "run a task by name")

enum class OpId : std::uint8_t {
#define HF_ROW(name, kind, scope, permission, counter, since, doc) name,
  HF_OPERATIONS(HF_ROW)
#undef HF_ROW
};

enum class Kind : std::uint8_t { read, write, admin };
enum class Scope : std::uint8_t { cache, container };
enum class Counter : std::uint8_t { none, hits, stores, removals, evictions };

struct Operation {
  OpId id;
  std::string_view name;
  Kind kind;
  Scope scope;
  Permission permission;
  Counter counter;
  std::string_view since;
  std::string_view doc;
};

const Operation& operation(OpId id);

/// Of the row; inline, since every request asks.
constexpr Permission permission_of(OpId id) {
  constexpr Permission kPermissions[] = {
#define HF_ROW(name, kind, scope, permission, counter, since, doc) Permission::permission,
      HF_OPERATIONS(HF_ROW)
#undef HF_ROW
  };
  return kPermissions[static_cast<std::size_t>(id)];
}

std::span<const Operation> operations();

}  // namespace holdfast::ops
