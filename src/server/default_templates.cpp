#include "server/default_templates.h"

namespace holdfast::server {
namespace {

struct Row {
  const char* name;
  CacheMode mode;
  bool asynchronous;
};
constexpr Row kTemplates[] = {
    {"org.infinispan.LOCAL", CacheMode::local, false},
    {"org.infinispan.DIST_SYNC", CacheMode::distributed, false},
    {"org.infinispan.DIST_ASYNC", CacheMode::distributed, true},
    {"org.infinispan.REPL_SYNC", CacheMode::replicated, false},
    {"org.infinispan.REPL_ASYNC", CacheMode::replicated, true},
    {"org.infinispan.INVALIDATION_SYNC", CacheMode::invalidation, false},
    {"org.infinispan.INVALIDATION_ASYNC", CacheMode::invalidation, true},
};

}  // namespace

void add_default_templates(ContainerConfiguration& container) {
  for (const Row& row : kTemplates) {
    CacheConfiguration cache;
    cache.mode = row.mode;
    cache.asynchronous = row.asynchronous;
    cache.statistics = true;
    container.templates.emplace(row.name, std::move(cache));
  }
}

}  // namespace holdfast::server
