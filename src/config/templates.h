// Templates: what a cache starts from, by `configuration` or by a wildcard that its name matches.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration, not_found (a template).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/descriptors.h"

namespace holdfast::config {

/// A cache or template declared in a container.
Status read_cache_node(const CacheElement& kind, const Node& node, ContainerConfiguration& container, Reading& reading);
/// One cache by itself. Its name (may be "") chooses a wildcard template when it names none.
Result<CacheConfiguration> read_cache_configuration(const CacheElement& kind, const Node& node, const std::string& name,
                                                    const std::map<std::string, CacheConfiguration>& templates, Reading& reading);
void write_caches(const ContainerConfiguration& container, std::vector<Node>& into);
/// Null `parent`: all that differs from the defaults.
Node write_cache_node(const CacheConfiguration& cache, const std::string& name, bool is_template, const CacheConfiguration* parent);

}  // namespace holdfast::config
