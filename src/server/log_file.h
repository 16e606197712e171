// LogFile: log/server.log, rotating, written by a thread of its own from a bounded queue: a slow or full disk costs old
// lines, never a request.
//
// Owner: the process.  Threads: any.  Waits: never, except the destructor for what is queued.
// Fails with: access_denied (the file cannot be opened; the message names it).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"

namespace holdfast::server {

class LogFile {
 public:
  static Result<std::unique_ptr<LogFile>> open(const std::string& path);
  virtual ~LogFile() = default;
  virtual void write(std::string_view line) = 0;
};

/// "2026-11-25 03:20:00,123 INFO  (server) ISPN080001: ..." in local time.
std::string log_line(const LogRecord& record, TimeMs wall_ms);

}  // namespace holdfast::server
