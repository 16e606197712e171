// Statistics of one cache (ST-01). Off means that no counter is touched.
//
// Owner: engine::Cache.  Threads: any; figures of one snapshot are not one instant's.
#pragma once

#include <holdfast/statistics.h>

namespace holdfast::engine {

using StatisticsSnapshot = CacheStatistics;

}  // namespace holdfast::engine
