// The cache templates that every server has (org.infinispan.LOCAL, ...), under the original's names.
//
// Threads: any.  Waits: never.
#pragma once

#include <holdfast/configuration.h>

namespace holdfast::server {

/// Adds those that the configuration does not define itself.
void add_default_templates(ContainerConfiguration& container);

}  // namespace holdfast::server
