// RemoteWorld: what a RemoteCacheManager and its handles share: the runtime with its threads, and the ClientCore.
//
// Owner: shared by the manager and its handles; the last one lets it go.  Threads: any.  Waits: stop().
// Fails with: CacheException.
#pragma once

#include <holdfast/remote_configuration.h>

#include "client/client_core.h"
#include "client/remote_listener.h"

namespace holdfast::detail {

[[noreturn]] void raise_remote(const Error& error);
inline void check_remote(const Status& status) {
  if (!status.ok()) raise_remote(status.error());
}
template <class T>
T checked_remote(Result<T> result) {
  if (!result.ok()) raise_remote(result.error());
  return std::move(result).value();
}
std::exception_ptr exception_of(const Error& error);

class RemoteWorld {
 public:
  explicit RemoteWorld(const RemoteConfiguration& configuration);
  /// In a runtime of somebody else's, who keeps it alive.
  RemoteWorld(const RemoteConfiguration& configuration, runtime::Runtime& runtime);
  ~RemoteWorld();
  RemoteWorld(const RemoteWorld&) = delete;
  RemoteWorld& operator=(const RemoteWorld&) = delete;

  const RemoteConfiguration& configuration() const { return configuration_; }
  const std::shared_ptr<client::ClientCore>& core() const { return core_; }
  runtime::Runtime& runtime() const { return *runtime_; }
  /// Until stop().
  void own(const std::shared_ptr<client::RemoteListener>& listener);
  /// Ends what is under way, listeners too, and waits until everybody was told.
  void stop();

 private:
  const RemoteConfiguration configuration_;
  std::unique_ptr<runtime::Runtime> own_runtime_;
  runtime::Runtime* runtime_;
  std::shared_ptr<client::ClientCore> core_;
  Mutex lock_;
  std::vector<std::weak_ptr<client::RemoteListener>> listeners_ HF_GUARDED_BY(lock_);
};

/// The Errc of the public API knows no server's statuses; everything else is as it is.
client::ClientOptions client_options(const RemoteConfiguration& configuration);

}  // namespace holdfast::detail
