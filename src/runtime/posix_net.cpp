#include "runtime/posix_net.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/assert.h"
#include "runtime/posix_datagrams.h"
#include "runtime/posix_event.h"
#include "runtime/posix_listener.h"
#include "runtime/connecting.h"
#include "runtime/socket_address.h"

namespace holdfast::runtime {
namespace {

class PosixNet final : public Net {
 public:
  PosixNet(NetBase base, Logger& log) : base_(std::move(base)), log_(log) {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& at, HandlerFactory factory, const ListenOptions& options) override {
    return open_listener(base_.loops(), at, std::move(factory), options, log_);
  }

  Result<ConnectionPtr> connect(LoopId loop, const Endpoint& to, std::unique_ptr<Handler> handler, Instant deadline) override {
    const auto attempt = std::make_shared<Connecting>(at_loop(loop), to, std::move(handler));
    if (auto address = SocketAddress::numeric(to); address.ok() && !to.host.empty()) {
      attempt->start({*address});
    } else {
      base_.start_blocking([attempt] { attempt->resolve(); });
    }
    return attempt->wait(deadline);
  }

  Result<std::unique_ptr<DatagramSocket>> open_datagrams(LoopId loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options) override {
    return open_posix_datagrams(at_loop(loop), at, std::move(handler), options);
  }

 private:
  PosixLoop& at_loop(LoopId loop) {
    auto& loops = base_.loops();
    HF_ASSERT(loop < loops.size());
    return *loops[loop];
  }

  const NetBase base_;
  Logger& log_;
};

}  // namespace

std::unique_ptr<Net> make_posix_net(NetBase base, Logger& log) { return std::make_unique<PosixNet>(std::move(base), log); }

}  // namespace holdfast::runtime
