#include "server/log_file.h"

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <ctime>

namespace holdfast::server {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{10} << 20;
constexpr std::size_t kOldFiles = 5;
constexpr std::size_t kQueueLines = 256;

class SpdlogFile final : public LogFile {
 public:
  SpdlogFile(const SpdlogFile&) = delete;
  SpdlogFile& operator=(const SpdlogFile&) = delete;
  explicit SpdlogFile(const std::string& path)
      : pool_(std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1)),
        logger_(std::make_shared<spdlog::async_logger>(
            "file", std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, kFileBytesMax, kOldFiles), pool_,
            spdlog::async_overflow_policy::overrun_oldest)) {
    logger_->set_pattern("%v");
    logger_->flush_on(spdlog::level::info);
    // A disk that is full must not make the log write to standard error.
    logger_->set_error_handler([](const std::string&) {});
  }
  /// The writing thread ends before what it writes to.
  ~SpdlogFile() override { pool_.reset(); }
  void write(std::string_view line) override { logger_->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size())); }

 private:
  std::shared_ptr<spdlog::details::thread_pool> pool_;
  std::shared_ptr<spdlog::async_logger> logger_;
};

constexpr std::string_view kLevels[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL", "OFF"};

}  // namespace

Result<std::unique_ptr<LogFile>> LogFile::open(const std::string& path) {
  try {
    return std::unique_ptr<LogFile>(std::make_unique<SpdlogFile>(path));
  } catch (const spdlog::spdlog_ex& error) {
    return Error(Errc::access_denied, "the log file " + path + " cannot be written: " + error.what());
  }
}

std::string log_line(const LogRecord& record, TimeMs wall_ms) {
  const std::time_t seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm t{};
  ::localtime_r(&seconds, &t);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02},{:03} {:5} ({}) {}", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour,
                     t.tm_min, t.tm_sec, wall_ms % 1000, kLevels[static_cast<std::size_t>(record.level)], record.category, record.message);
}

}  // namespace holdfast::server
