// OpenNumbers: counts operations, and knows the lowest that may still be repeated.
//
// Owner: whoever carries operations out more than once.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <set>

#include "base/mutex.h"

namespace holdfast {

class OpenNumbers {
 public:
  std::uint64_t begin() {
    Locked locked(lock_);
    return *open_.insert(open_.end(), next_++);
  }
  void end(std::uint64_t number) {
    Locked locked(lock_);
    open_.erase(number);
  }
  /// Nothing below is repeated any more.
  std::uint64_t done_mark() {
    Locked locked(lock_);
    return open_.empty() ? next_ : *open_.begin();
  }

 private:
  SpinLock lock_;
  std::set<std::uint64_t> open_ HF_GUARDED_BY(lock_);
  std::uint64_t next_ HF_GUARDED_BY(lock_) = 1;
};

}  // namespace holdfast
