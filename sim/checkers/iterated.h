// ITER: an iteration shows an entry that is there throughout exactly once, and no key twice, whatever moves meanwhile.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: violations.
#pragma once

#include <map>
#include <set>

#include "sim/checkers/history.h"

namespace holdfast::sim {

/// One iteration that came to its end.
struct Iteration {
  std::uint32_t client = 0;
  Duration invoked{}, returned{};
  std::map<std::string, std::uint32_t> shown;  // how often each key
};

/// `present`: keys that are there from before the first iteration until after the last.
CheckReport check_iterations(const std::vector<Iteration>& iterations, const std::set<std::string>& present);

}  // namespace holdfast::sim
