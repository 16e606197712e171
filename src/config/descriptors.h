// Descriptors: the elements of a document, built once from settings_cache.cpp, settings_container.cpp and
// settings_server.cpp.
//
// Owner: the process, read-only.  Threads: any.  Waits: never.
#pragma once

#include "config/element.h"

namespace holdfast::config {

/// <local-cache>, <distributed-cache-configuration>, ...: they describe a CacheConfiguration. `name` and `configuration`
/// are known and not read here.
struct CacheElement {
  ElementPtr element;
  CacheMode mode = CacheMode::local;
  bool is_template = false;
};
const std::vector<CacheElement>& cache_elements();
const CacheElement* find_cache_element(std::string_view name);
const CacheElement& cache_element_of(CacheMode mode, bool is_template);

/// Takes the version of the schema out of a tree: elements that mean different things by version get their lasting names.
void settle_version(Node& node, int schema_major);

const ElementPtr& container_element();  // a ContainerConfiguration, without its caches
const ElementPtr& server_element();     // a ServerConfiguration
const ElementPtr& jgroups_element();    // a ContainerConfiguration
const Child& threads_child();           // of a ContainerConfiguration
const Child& remote_containers_child();
const ElementPtr& root_element();       // a Document; <infinispan> and <holdfast>

/// Element names as the original and this project know them; both are accepted as the root.
bool is_root_name(std::string_view name);

}  // namespace holdfast::config
