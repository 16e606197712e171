// RemoteListener: hears the events of a cache over a connection of its own, for as long as it is wanted. When that
// connection ends it registers at another server and says that something may have been missed.
//
// Owner: shared; remove() ends it.  Threads: any; the callbacks one at a time, in a fiber of the listener's loop, so they
// may wait (the server's events wait meanwhile), but must not block the thread for long.
// Waits: add() for a server; remove() for a callback that runs, unless it is called on the client's own loop.
// Fails with: add(): as ClientCore, and not_found or not_supported for factories that the server lacks.
#pragma once

#include <memory>

#include "client/client_core.h"

namespace holdfast::client {

struct ListenerOptions {
  std::uint32_t interests = 0;  // bits as on the wire: 1 created, 2 modified, 4 removed, 8 expired; 0 = all
  bool include_current_state = false;
  std::string filter{};         // factories of the server; "" = none
  std::vector<Bytes> filter_parameters{};
  std::string converter{};
  std::vector<Bytes> converter_parameters{};
};

struct ListenerCallbacks {
  std::function<void(const Response& event)> event{};
  /// The connection has ended; must not wait.
  std::function<void()> lost{};
  /// It is registered again. Events in between were missed; with include_current_state this comes before the entries,
  /// otherwise after the registration.
  std::function<void()> gap{};
};

class RemoteListener : public std::enable_shared_from_this<RemoteListener> {
 public:
  static Result<std::shared_ptr<RemoteListener>> add(std::shared_ptr<ClientCore> core, std::shared_ptr<CacheRoute> route, ListenerOptions options, ListenerCallbacks callbacks);
  void remove();
  /// Who tells the events now; "" = nobody.
  std::string server() const;

 private:
  RemoteListener(std::shared_ptr<ClientCore> core, std::shared_ptr<CacheRoute> route, ListenerOptions options, ListenerCallbacks callbacks);
  Status register_once();
  void keep();
  void told(Response&& event);
  bool removed() const;

  const std::shared_ptr<ClientCore> core_;
  const std::shared_ptr<CacheRoute> route_;
  const ListenerOptions options_;
  const ListenerCallbacks callbacks_;
  const Bytes id_;
  const runtime::LoopId loop_;
  const std::unique_ptr<runtime::Event> broken_;  // the connection ended, or nobody wants it any more
  const std::unique_ptr<runtime::Event> ended_;   // no callback runs, and none will
  const std::unique_ptr<runtime::Event> quiet_;   // no callback runs
  mutable Mutex lock_;
  std::shared_ptr<Connection> connection_ HF_GUARDED_BY(lock_);
  bool removed_ HF_GUARDED_BY(lock_) = false;
};

}  // namespace holdfast::client
