#include <holdfast/configuration_file.h>

#include <cstdlib>

#include "config/config.h"
#include "engine/written/definition_format.h"
#include "local/world.h"
#include "runtime/posix_disk.h"

namespace holdfast {
namespace {

using detail::checked;

std::optional<std::string> property(const Properties& properties, const std::string& name) {
  if (const auto at = properties.find(name); at != properties.end()) return at->second;
  constexpr std::string_view kEnvironment = "env.";
  const std::string variable = name.starts_with(kEnvironment) ? name.substr(kEnvironment.size()) : name;
  const char* value = std::getenv(variable.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

config::ReadOptions read_options(const Properties& properties) {
  config::ReadOptions options;
  options.property = [&properties](const std::string& name) { return property(properties, name); };
  options.read_file = [](const std::string& path) -> Result<std::string> { return runtime::make_posix_disk()->read(path); };
  return options;
}

ReadConfiguration configuration_of(config::Document document) {
  return {std::move(document.container), std::move(document.warnings)};
}

config::Format format_of(ConfigurationFormat format) {
  switch (format) {
    case ConfigurationFormat::xml: return config::Format::xml;
    case ConfigurationFormat::json: return config::Format::json;
    case ConfigurationFormat::yaml: break;
  }
  return config::Format::yaml;
}

std::shared_ptr<detail::World> world_of(ReadConfiguration read, CacheManagerOptions options) {
  if (!options.definitions) options.definitions = definitions_in_xml();
  for (const std::string& warning : read.warnings) {
    if (options.log && options.log_least <= LogLevel::warn) options.log(LogLevel::warn, "config", warning);
  }
  return std::make_shared<detail::World>(read.container, options);
}

}  // namespace

ReadConfiguration read_configuration_files(const std::vector<std::string>& paths, const Properties& properties) {
  return configuration_of(checked(config::read_files(paths, read_options(properties))));
}

ReadConfiguration read_configuration(std::string_view text, const Properties& properties) {
  return configuration_of(checked(config::read(text, read_options(properties))));
}

CacheConfiguration read_cache_configuration(std::string_view text, const Properties& properties) {
  return checked(config::read_cache(text, read_options(properties), {})).configuration;
}

std::string write_configuration(const ContainerConfiguration& configuration, ConfigurationFormat format) {
  config::Document document;
  document.container = configuration;
  return config::write(document, format_of(format));
}

std::string write_cache_configuration(const std::string& name, const CacheConfiguration& configuration, ConfigurationFormat format) {
  return config::write_cache({name, false, configuration, {}}, format_of(format));
}

std::shared_ptr<const detail::Definitions> definitions_in_xml() {
  auto definitions = std::make_shared<detail::Definitions>();
  definitions->format = engine::xml_definitions();
  return definitions;
}

CacheManager CacheManager::from_file(const std::string& path, CacheManagerOptions options) {
  return CacheManager(world_of(read_configuration_files({path}), std::move(options)));
}

CacheManager CacheManager::from_text(std::string_view text, CacheManagerOptions options) {
  return CacheManager(world_of(read_configuration(text), std::move(options)));
}

}  // namespace holdfast
