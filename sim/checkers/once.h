// ONCE: was each acknowledged operation carried out exactly once, retries included? Of increments: no two are told the same
// result, and the end is no less than the acknowledged ones and no more than those and the unanswered ones. Of writes that were
// told what they replaced: nothing is replaced twice, so that the previous values form one chain.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: violations.
#pragma once

#include <map>

#include "sim/checkers/history.h"

namespace holdfast::sim {

/// `last`: what was read of each incremented key in the end; 0 = absent. Values of writes are written once in a history.
CheckReport check_once(const std::vector<Operation>& history, const std::map<std::uint32_t, std::uint64_t>& last);

}  // namespace holdfast::sim
