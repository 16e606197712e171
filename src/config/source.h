// Source: text in any format -> one Node, with namespaces checked and includes put in.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration, and what the FileReader fails with.
#pragma once

#include "config/config.h"
#include "config/descriptors.h"
#include "config/node.h"

namespace holdfast::config {

Format format_of(std::string_view text);

struct Source {
  Node root;              // <infinispan>, <holdfast>, or a cache's element when `cache` is set
  const CacheElement* cache = nullptr;
  std::string cache_name; // of a cache in JSON or YAML that is named by its key
  int schema_major = 0;   // of the namespace; 0 = none
};

struct SourceOptions {
  bool resolve = true;     // put properties in
  bool allow_cache = false;  // a cache by itself is accepted
};

Result<Source> read_source(std::string_view text, const ReadOptions& options, const SourceOptions& how);

}  // namespace holdfast::config
