// A runtime for this folder's tests: a clock that is set by hand, files in a map, predictable randomness. What security
// never touches is an assertion.
//
// Owner: the test.  Threads: one.
#pragma once

#include <map>

#include "runtime/runtime.h"

namespace holdfast::security {

class FakeRuntime final : public runtime::Runtime, runtime::Clock, runtime::Random, runtime::Disk {
 public:
  FakeRuntime() {
    logger_.set_sink([this](const LogRecord& record) { logged.emplace_back(record.message); }, LogLevel::warn);
  }
  Instant time{};
  std::map<std::string, Bytes> files;
  std::vector<std::string> logged;

  runtime::Clock& clock() override { return *this; }
  runtime::Random& random() override { return *this; }
  runtime::Disk& disk() override { return *this; }
  Logger& log() override { return logger_; }
  runtime::Scheduler& scheduler() override { assertion_failed("no scheduler here", __FILE__, __LINE__); }
  runtime::Net& net() override { assertion_failed("no net here", __FILE__, __LINE__); }

 private:
  Instant now() override { return time; }
  TimeMs now_ms() override { return 0; }
  TimeMs wall_ms() override { return 0; }
  std::uint64_t next() override { return ++state_ * 0x9E3779B97F4A7C15U; }
  Bytes secret(std::size_t count) override {
    Bytes bytes;
    while (bytes.size() < count) bytes += static_cast<char>(next() >> 56);
    return bytes;
  }
  Result<Bytes> read(const std::string& path) override {
    const auto at = files.find(path);
    if (at == files.end()) return Error(Errc::not_found, "no such file: " + path);
    return at->second;
  }
  Status replace(const std::string& path, BytesView content) override {
    files[path] = content;
    return success();
  }
  Status remove(const std::string& path) override {
    files.erase(path);
    return success();
  }
  Status make_folders(const std::string&) override { return success(); }
  bool exists(const std::string& path) override { return files.contains(path); }
  Result<std::vector<std::string>> list(const std::string&) override { return std::vector<std::string>{}; }
  Result<std::unique_ptr<runtime::FileLock>> lock(const std::string&) override { return std::make_unique<runtime::FileLock>(); }

  Logger logger_;
  std::uint64_t state_ = 0;
};

}  // namespace holdfast::security
