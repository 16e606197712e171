// Judge: everything that a workload wrote down, given to the checkers.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: findings.
#pragma once

#include "sim/cluster/story.h"

namespace holdfast::sim {

/// Of a story without a split: LIN, DUR, ONCE, ITER, LISTEN, EXCL, INVENT, LIVE.
void judge_whole(const Plan& plan, const Workload& work, const Disturbance& disturbance, StoryReport& report);
/// Of a story that ends with one: LIN on each side, MERGE, DUR, INVENT. docs/manual: what ALLOW_READ_WRITES means.
void judge_split(const Plan& plan, const Workload& work, const Disturbance& disturbance, StoryReport& report);
/// Of an asynchronous cache, which may lose what it acknowledged: INVENT, LIVE.
void judge_asynchronous(const Workload& work, const Disturbance& disturbance, StoryReport& report);
/// CONV, once it is quiet.
void judge_quiet(Grid& grid, StoryReport& report);

}  // namespace holdfast::sim
