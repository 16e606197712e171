// LIN, the fast checker: is what clients saw of each key a register's behaviour? O(n log n).
//
// It needs values that are written once, and no removes (an absent key was never written). Then each value has a zone: f,
// the earliest return of its write and reads, and s, the latest invocation of them. Two values contradict each other iff
// f1 < s2 and f2 < s1: something of the first ended before something of the second began, and the other way round.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: violations.
#pragma once

#include <vector>

#include "sim/checkers/history.h"

namespace holdfast::sim {

struct LinearizableReport {
  std::vector<Violation> violations;
  std::size_t reads = 0;    // checked
  std::size_t writes = 0;
  std::size_t keys = 0;
};

LinearizableReport check_linearizable(const std::vector<Observation>& history);

}  // namespace holdfast::sim
