// Locks with the annotations of clang's thread-safety analysis. Mutex may be held for a while; SpinLock only
// around a few hundred nanoseconds (it yields to the system when its holder was descheduled). Neither may be
// held across a wait of the runtime.
//
// Owner: the object they protect.  Threads: any.  Waits: for the holder only.  Fails with: nothing.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define HF_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define HF_THREAD_ANNOTATION(x)
#endif
#define HF_CAPABILITY HF_THREAD_ANNOTATION(capability("mutex"))
#define HF_SCOPED_CAPABILITY HF_THREAD_ANNOTATION(scoped_lockable)
#define HF_GUARDED_BY(lock) HF_THREAD_ANNOTATION(guarded_by(lock))
#define HF_REQUIRES(...) HF_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define HF_EXCLUDES(...) HF_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define HF_ACQUIRE(...) HF_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define HF_TRY_ACQUIRE(...) HF_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define HF_RELEASE(...) HF_THREAD_ANNOTATION(release_capability(__VA_ARGS__))

namespace holdfast {

class HF_CAPABILITY Mutex {
 public:
  void lock() HF_ACQUIRE() { mutex_.lock(); }
  void unlock() HF_RELEASE() { mutex_.unlock(); }
  bool try_lock() HF_TRY_ACQUIRE(true) { return mutex_.try_lock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class HF_CAPABILITY SpinLock {
 public:
  void lock() HF_ACQUIRE() {
    if (!taken_.exchange(true, std::memory_order_acquire)) return;
    lock_slowly();
  }
  bool try_lock() HF_TRY_ACQUIRE(true) { return !taken_.exchange(true, std::memory_order_acquire); }
  void unlock() HF_RELEASE() { taken_.store(false, std::memory_order_release); }

 private:
  void lock_slowly();
  std::atomic<bool> taken_{false};
};

/// Holds a lock for a scope.
template <class L>
class HF_SCOPED_CAPABILITY Locked {
 public:
  explicit Locked(L& lock) HF_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
  ~Locked() HF_RELEASE() { lock_.unlock(); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

 private:
  L& lock_;
};

}  // namespace holdfast
