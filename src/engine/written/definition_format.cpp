#include "engine/written/definition_format.h"

#include "config/config.h"

namespace holdfast::engine {

DefinitionFormat xml_definitions() {
  DefinitionFormat format;
  format.write = [](const Definition& d) { return config::write_definition({d.name, d.is_template, d.configuration, {}}); };
  format.read = [](BytesView text) -> Result<Definition> {
    HF_ASSIGN(config::NamedCache cache, config::read_definition(text));
    return Definition{cache.name, cache.is_template, std::move(cache.configuration)};
  };
  return format;
}

}  // namespace holdfast::engine
