// The administration tasks of Hot Rod's EXEC: "@@cache@create" and its siblings (hot-rod.md 1.20).
//
// Threads: any.  Waits: as the Dispatcher's administration.
// Fails with: invalid_argument (a missing parameter or an unknown flag), and what the Dispatcher fails with.
#pragma once

#include "server/dispatcher.h"

namespace holdfast::server {

void register_admin_tasks(Dispatcher& dispatcher);

}  // namespace holdfast::server
