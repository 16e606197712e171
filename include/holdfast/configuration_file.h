// Configuration as text: XML, JSON or YAML, the original's files included. Component Holdfast::holdfast.
//
// Owner: values.  Threads: any.  Waits: for the disk.
// Fails with: CacheException: invalid_configuration ("FILE:LINE:COLUMN: what is wrong, what to do"), not_found (a file).
#pragma once

#include <holdfast/cache_manager.h>
#include <holdfast/configuration.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

/// For ${name:default} and ${env.NAME}. Names that are not given here are looked up in the environment.
using Properties = std::map<std::string, std::string>;

struct ReadConfiguration {
  ContainerConfiguration container;
  /// One sentence each, with its place: what is known and has no meaning (yet).
  std::vector<std::string> warnings;
};

/// Several files: a later one adds to and overrides the earlier ones.
ReadConfiguration read_configuration_files(const std::vector<std::string>& paths, const Properties& properties = {});
ReadConfiguration read_configuration(std::string_view text, const Properties& properties = {});
/// One cache, as in <local-cache/> or {"local-cache":{}}; its name, if it has one, aside.
CacheConfiguration read_cache_configuration(std::string_view text, const Properties& properties = {});

enum class ConfigurationFormat { xml, json, yaml };
/// Reading it again gives the same configuration.
std::string write_configuration(const ContainerConfiguration& configuration, ConfigurationFormat format);
std::string write_cache_configuration(const std::string& name, const CacheConfiguration& configuration, ConfigurationFormat format);

/// For CacheManagerOptions::definitions: caches made at run time are kept in the global state folder and are there
/// again after a restart. CacheManager::from_file() and from_text() use it by themselves.
std::shared_ptr<const detail::Definitions> definitions_in_xml();

}  // namespace holdfast
