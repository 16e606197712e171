// Strangers: one line in the log for each host that talks to us without being a node, not one for each attempt.
//
// Owner: who logs.  Threads: one at a time.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"

namespace holdfast::cluster {

class Strangers {
 public:
  /// Nothing: told of this host within the last minute. Otherwise what to append to the line: how many were passed over since.
  std::optional<std::string> line(Instant now, const std::string& host) {
    if (hosts_.size() >= kHostsMax && !hosts_.contains(host)) {
      std::erase_if(hosts_, [&](const auto& entry) { return now - entry.second.told >= kQuiet; });
      if (hosts_.size() >= kHostsMax) return std::nullopt;
    }
    const auto [at, fresh] = hosts_.try_emplace(host);
    Host& known = at->second;
    if (!fresh && now - known.told < kQuiet) {
      ++known.passed_over;
      return std::nullopt;
    }
    known.told = now;
    const std::uint64_t before = std::exchange(known.passed_over, 0);
    return before == 0 ? std::string() : " (" + std::to_string(before) + " more from there since the last such line)";
  }

 private:
  static constexpr Duration kQuiet = std::chrono::minutes(1);
  static constexpr std::size_t kHostsMax = 256;
  struct Host {
    Instant told{};
    std::uint64_t passed_over = 0;
  };
  std::map<std::string, Host> hosts_;
};

}  // namespace holdfast::cluster
