// World: what a CacheManager and its handles share: the runtime, the engine's manager, asynchronous operations under way.
//
// Owner: shared by the CacheManager and its handles; the last one lets it go.  Threads: any.
// Waits: stop(), for asynchronous operations.  Fails with: CacheException.
#pragma once

#include <holdfast/cache_manager.h>

#include <functional>
#include <map>
#include <memory>

#include "base/mutex.h"
#include "engine/cache_manager.h"
#include "local/interceptors.h"
#include "runtime/runtime.h"

namespace holdfast::detail {

/// How definitions are written down; local/files makes one.
struct Definitions {
  engine::DefinitionFormat format;
};

[[noreturn]] void raise(const Error& error);
inline void check(const Status& status) {
  if (!status.ok()) raise(status.error());
}
template <class T>
T checked(Result<T>&& result) {
  if (!result.ok()) raise(result.error());
  return std::move(result).value();
}

class World {
 public:
  World(const ContainerConfiguration& configuration, const CacheManagerOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void start();
  /// Refuses new asynchronous operations, waits for those under way, stops the caches.
  void stop();
  engine::CacheManager& manager() { return *manager_; }
  runtime::Runtime& runtime() { return *runtime_; }
  /// Of all handles of this cache.
  std::shared_ptr<Interceptors> interceptors_of(const std::shared_ptr<engine::LocalCache>& cache);
  /// Runs the task, which must not throw, on a thread that may block.
  void run_elsewhere(std::function<void()> task);

 private:
  void begin_operation();
  void end_operation();

  std::unique_ptr<runtime::Runtime> runtime_;
  std::unique_ptr<engine::CacheManager> manager_;
  const std::unique_ptr<runtime::Event> idle_;
  Mutex lock_;
  bool accepting_ HF_GUARDED_BY(lock_) = false;
  std::size_t under_way_ HF_GUARDED_BY(lock_) = 0;
  std::map<std::weak_ptr<engine::LocalCache>, std::shared_ptr<Interceptors>, std::owner_less<>> interceptors_ HF_GUARDED_BY(lock_);
};

/// Calls what a program gave us; what it throws goes to the log.
template <class F>
void guarded(Logger& log, const std::string& what, F&& f) {
  try {
    f();
  } catch (const std::exception& e) {
    log.error("listener", what + " threw: " + e.what());
  } catch (...) {
    log.error("listener", what + " threw something that is no std::exception");
  }
}

}  // namespace holdfast::detail
