// Statistics of one cache. Off means that no counter is touched.
//
// Owner: values.  Threads: as values; figures of one snapshot are not one instant's.  Waits: never.
#pragma once

#include <cstdint>

namespace holdfast {

/// -1 everywhere but in the entries' own figures when statistics are off.
struct CacheStatistics {
  bool enabled = false;
  std::int64_t time_since_start_s = -1;
  std::int64_t time_since_reset_s = -1;
  std::int64_t hits = -1, misses = -1, stores = -1, remove_hits = -1, remove_misses = -1, evictions = -1;
  std::int64_t retrievals() const { return hits < 0 ? -1 : hits + misses; }
  std::int64_t average_read_ns = -1, average_write_ns = -1, average_remove_ns = -1;
  std::int64_t entries = -1, approximate_entries = -1;
  std::int64_t memory_bytes = -1;
};

}  // namespace holdfast
