// Helpers of this folder's tests.
//
// Owner: a test.  Threads: one.  Waits: never.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "config/config.h"

namespace holdfast::config {

/// Files and properties in memory.
struct World {
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> properties;
  std::string file = "test.xml";

  ReadOptions options() const {
    ReadOptions o;
    o.file = file;
    o.property = [this](const std::string& name) -> std::optional<std::string> {
      const auto at = properties.find(name);
      return at == properties.end() ? std::nullopt : std::optional(at->second);
    };
    o.read_file = [this](const std::string& path) -> Result<std::string> {
      const auto at = files.find(path);
      if (at == files.end()) return Error(Errc::not_found, "there is no file '" + path + "'");
      return at->second;
    };
    return o;
  }
  Result<Document> read(const std::string& text) const { return config::read(text, options()); }
  Result<NamedCache> cache(const std::string& text, const std::map<std::string, CacheConfiguration>& templates = {}) const {
    return read_cache(text, options(), templates);
  }
  /// The sentence that reading fails with; "" = it does not.
  std::string failure(const std::string& text) const {
    const auto r = read(text);
    return r.ok() ? "" : r.error().message();
  }
  std::string cache_failure(const std::string& text) const {
    const auto r = cache(text);
    return r.ok() ? "" : r.error().message();
  }
};

inline Document must(Result<Document> result) {
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message());
  return result.ok() ? std::move(*result) : Document();
}
inline NamedCache must(Result<NamedCache> result) {
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message());
  return result.ok() ? std::move(*result) : NamedCache();
}
inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace holdfast::config
