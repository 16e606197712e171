// How definitions are written down: the XML of config/. A component of its own, so that a program whose caches are
// configured in code links no reader of XML.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: invalid_configuration (reading).
#pragma once

#include "engine/cache_manager.h"

namespace holdfast::engine {

DefinitionFormat xml_definitions();

}  // namespace holdfast::engine
