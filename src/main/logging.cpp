#include "main/logging.h"

#include <algorithm>
#include <cctype>

namespace holdfast::main_program {
namespace {

struct Level {
  std::string_view name;
  LogLevel level;
};
constexpr Level kLevels[] = {
    {"ALL", LogLevel::trace},  {"TRACE", LogLevel::trace}, {"DEBUG", LogLevel::debug}, {"INFO", LogLevel::info},
    {"WARN", LogLevel::warn},  {"ERROR", LogLevel::error}, {"FATAL", LogLevel::fatal}, {"OFF", LogLevel::off},
};

std::string upper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

}  // namespace

LogLevel root_level(std::string_view log4j2) {
  constexpr std::string_view kElement = "<Root";
  constexpr std::string_view kAttribute = "level=\"";
  const std::size_t element = log4j2.find(kElement);
  if (element == std::string_view::npos) return LogLevel::info;
  const std::string_view tag = log4j2.substr(element, log4j2.find('>', element) - element);
  const std::size_t attribute = tag.find(kAttribute);
  if (attribute == std::string_view::npos) return LogLevel::info;
  const std::string_view rest = tag.substr(attribute + kAttribute.size());
  const std::string name = upper(rest.substr(0, rest.find('"')));
  for (const Level& level : kLevels) {
    if (level.name == name) return level.level;
  }
  return LogLevel::info;
}

void Logging::attach(runtime::Runtime& runtime, const std::string& folder, std::string_view log4j2) {
  Status made = runtime.disk().make_folders(folder);
  Error problem(Errc::io_error);
  if (made.ok()) {
    auto file = server::LogFile::open(folder + "/server.log");
    if (file.ok()) file_ = std::move(file).value();
    else problem = file.error();
  } else {
    problem = made.error();
  }
  runtime.log().set_sink(
      [this, &runtime](const LogRecord& record) {
        const std::string line = server::log_line(record, runtime.clock().wall_ms());
        console_.write(line);
        if (file_) file_->write(line);
      },
      root_level(log4j2));
  if (!file_) runtime.log().warn("server", "logging to the console only: " + problem.message());
}

void Logging::to_file(const LogRecord& record, TimeMs wall_ms) {
  if (file_) file_->write(server::log_line(record, wall_ms));
}

}  // namespace holdfast::main_program
