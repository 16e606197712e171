// Levels of the log.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

namespace holdfast {

enum class LogLevel : unsigned char { trace, debug, info, warn, error, fatal, off };

}  // namespace holdfast
