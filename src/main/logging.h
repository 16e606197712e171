// Logging: a world's records to the console and to log/server.log.
//
// Owner: the process; must outlive the Runtime whose log it is.  Threads: any.  Waits: never.
// Fails with: nothing; without a log file the console says so.
#pragma once

#include <memory>
#include <string>

#include "main/console.h"
#include "runtime/runtime.h"
#include "server/log_file.h"

namespace holdfast::main_program {

class Logging {
 public:
  /// `folder` gets a server.log; the level is that of the root logger of `log4j2`, when there is such a text.
  void attach(runtime::Runtime& runtime, const std::string& folder, std::string_view log4j2);
  /// To the file only: for what standard error says too.
  void to_file(const LogRecord& record, TimeMs wall_ms);

 private:
  Console console_{1};
  std::unique_ptr<server::LogFile> file_;
};

/// Of <Root level="..."> in a log4j2.xml; info when it says nothing that can be read.
LogLevel root_level(std::string_view log4j2);

}  // namespace holdfast::main_program
