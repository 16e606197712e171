// CONV: after some quiet all owners hold the same of every key, nobody else holds anything, and nothing is under way.
// INVENT: nothing that is there, was read, or was shown was never written by anybody.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: violations.
#pragma once

#include <map>
#include <set>

#include "sim/checkers/history.h"

namespace holdfast::sim {

/// What one node holds.
struct Holding {
  std::string node;
  std::set<std::uint32_t> owned;  // segments
  struct Held {
    std::string value;
    std::uint64_t version = 0;
    friend bool operator==(const Held&, const Held&) = default;
  };
  std::map<std::uint32_t, std::map<std::string, Held>> segments;
  std::size_t under_way = 0;      // writes that it neither has committed nor knows the end of
};

CheckReport check_converged(const std::vector<Holding>& nodes);

/// `seen`: key and value, wherever they were met; `written`: what anybody tried to write.
CheckReport check_invented(const std::set<std::pair<std::string, std::string>>& seen, const std::set<std::pair<std::string, std::string>>& written);

}  // namespace holdfast::sim
