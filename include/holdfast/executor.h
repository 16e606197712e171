// DistributedExecutor: runs functions on the members of a world. A world that is alone has one member, itself.
//
// Owner: the program; it keeps the world's machinery alive, not its caches.  Threads: any; functions run on threads of
// the world's, several at once, that may block.  Waits: never; the futures do.
// Fails with: nothing; the futures carry what a function threw, and `stopped` when the world is not running.
#pragma once

#include <holdfast/future.h>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace holdfast {

class CacheManager;

namespace detail {
class World;
}

class DistributedExecutor {
 public:
  explicit DistributedExecutor(std::shared_ptr<detail::World> world) : world_(std::move(world)) {}

  /// Calls f(CacheManager&) on a member. The world waits for it when it stops; so `f` may neither start nor stop it.
  template <class F>
  auto submit(F f) const {
    using R = std::invoke_result_t<F&, CacheManager&>;
    return detail::future_of<R>(make_latch(), std::move(f), [this](std::function<void(CacheManager&)> task) { run(std::move(task)); });
  }

 private:
  void run(std::function<void(CacheManager&)> task) const;
  std::unique_ptr<detail::Latch> make_latch() const;

  std::shared_ptr<detail::World> world_;
};

}  // namespace holdfast
