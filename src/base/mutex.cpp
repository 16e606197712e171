#include "base/mutex.h"

#include <sched.h>

namespace holdfast {

void SpinLock::lock_slowly() {
  constexpr int kSpins = 100;
  for (;;) {
    for (int i = 0; i < kSpins; ++i) {
      if (!taken_.load(std::memory_order_relaxed) && !taken_.exchange(true, std::memory_order_acquire)) return;
      __builtin_ia32_pause();
    }
    sched_yield();
  }
}

}  // namespace holdfast
