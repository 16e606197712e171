// The log's one door: a Logger per world hands records to a sink that the program chooses (spdlog in the server,
// a user's function in the library, the trace in the simulator, nothing by default).
//
// Owner: the world.  Threads: any.  Waits: never (a sink must not).  Fails with: nothing.
#pragma once

#include <holdfast/log.h>

#include <functional>
#include <string>
#include <string_view>

namespace holdfast {

struct LogRecord {
  LogLevel level;
  std::string_view category;  // a static name such as "server" or "container"
  std::string_view message;   // one line; message ids that operators match on stand first, e.g. "ISPN080001: ..."
};

class Logger {
 public:
  using Sink = std::function<void(const LogRecord&)>;

  /// Before the world starts only.
  void set_sink(Sink sink, LogLevel least) {
    sink_ = std::move(sink);
    least_ = least;
  }
  bool enabled(LogLevel level) const { return sink_ && level >= least_; }
  void write(LogLevel level, std::string_view category, std::string_view message) const {
    if (enabled(level)) sink_({level, category, message});
  }
  void debug(std::string_view category, std::string_view message) const { write(LogLevel::debug, category, message); }
  void info(std::string_view category, std::string_view message) const { write(LogLevel::info, category, message); }
  void warn(std::string_view category, std::string_view message) const { write(LogLevel::warn, category, message); }
  void error(std::string_view category, std::string_view message) const { write(LogLevel::error, category, message); }

 private:
  Sink sink_;
  LogLevel least_ = LogLevel::off;
};

}  // namespace holdfast
