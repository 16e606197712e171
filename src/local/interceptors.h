// Interceptors: those of one cache, in the order in which they were added, and an operation's way through them.
//
// Owner: the world and the cache's handles.  Threads: any.  Waits: remove(), for operations that are inside of the
// interceptor, unless the caller is one of them.  Fails with: enter() throws what `before` throws.
#pragma once

#include <holdfast/detail/raw_cache.h>

#include <atomic>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "runtime/runtime.h"

namespace holdfast::detail {

class Interceptors {
 public:
  explicit Interceptors(runtime::Runtime& runtime) : runtime_(runtime) {}

  bool any() const { return any_.load(std::memory_order_acquire); }
  std::uint64_t add(RawInterceptor interceptor);
  void remove(std::uint64_t id);

 private:
  class One;
  using All = std::vector<std::shared_ptr<One>>;

 public:
  /// One operation: the constructor calls `before` of all, the destructor `after` of those that let it pass.
  class Passage {
   public:
    Passage(Interceptors& interceptors, OperationKind kind, std::string_view key);
    ~Passage();
    Passage(const Passage&) = delete;
    Passage& operator=(const Passage&) = delete;
    void set_done(bool done) { done_ = done; }

   private:
    void leave();

    Interceptors& interceptors_;
    const OperationKind kind_;
    const std::string_view key_;
    bool done_ = false;
    All passed_;
  };

 private:
  runtime::Runtime& runtime_;
  std::atomic<bool> any_{false};
  SpinLock lock_;
  std::shared_ptr<const All> all_ HF_GUARDED_BY(lock_);
  std::uint64_t next_id_ HF_GUARDED_BY(lock_) = 1;
};

}  // namespace holdfast::detail
