// The network seam: connections of bytes with handlers.
//
// A connection belongs to one loop. When bytes arrive, the loop borrows a pooled fiber and calls the handler in it, so
// a handler may wait; meanwhile nothing more is read from that connection, while other connections go on. An idle
// connection owns neither a fiber nor a read buffer. Output is collected and written once per loop turn.
//
// Owner: connections are shared (the loop holds one reference while open).  Threads: the connection's loop, except
// where a line says any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "runtime/scheduler.h"

namespace holdfast::runtime {

struct Endpoint {
  std::string host;  // a numeric address or, for connect(), a name; "" = all addresses
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  virtual ~Connection() = default;
  /// The output that the loop will write at the end of its turn (or at flush()). Append whole frames only: events
  /// and answers share it.
  virtual Bytes& output() = 0;
  /// Bytes appended or handed to the system's buffer but not yet taken by the system.
  virtual std::size_t pending_output() const = 0;
  /// Asks for a write at the end of this turn; needed when output() grew outside of Handler::on_data.
  virtual void flush() = 0;
  /// Waits (in a fiber) until pending_output() <= bytes_max; false when the connection closed or the deadline passed.
  virtual bool wait_for_output_below(std::size_t bytes_max, Instant deadline) = 0;
  /// Writes what is pending, then closes; nothing more is read.
  virtual void close_after_flush() = 0;
  /// Closes at once, dropping pending output.
  virtual void abort() = 0;
  virtual bool is_open() const = 0;
  virtual LoopId loop() const = 0;  // any thread
  virtual Endpoint local() const = 0;
  virtual Endpoint peer() const = 0;
};
using ConnectionPtr = std::shared_ptr<Connection>;

/// What a protocol does with one connection. Owned by the connection.
class Handler {
 public:
  virtual ~Handler() = default;
  virtual void on_open(Connection&) {}
  /// A hint before on_data, in rounds over all connections that have input at the same time: the handler may fetch into
  /// the processor's caches what the first requests will need. Not in a fiber; may be left out.
  virtual void prepare([[maybe_unused]] BytesView input, [[maybe_unused]] int round) {}
  static constexpr int kPrepareRounds = 2;
  /// `input` is everything received and not consumed yet. Returns how many leading bytes were consumed; the rest is
  /// kept and shown again with more behind it. Runs in a fiber: may wait.
  virtual std::size_t on_data(Connection& connection, BytesView input) = 0;
  /// The last call: the peer closed (`ok`), or the connection failed. Not in a fiber.
  virtual void on_close(Connection&, Errc) {}
};
using HandlerFactory = std::function<std::unique_ptr<Handler>()>;

struct ListenOptions {
  int backlog = 1024;
  bool tcp_no_delay = true;
  bool tcp_keep_alive = false;
  /// Reading stops while pending_output() is above this, so a client that does not read is held back.
  std::size_t output_bytes_max = std::size_t{4} << 20;
  /// Input that a handler leaves unconsumed beyond this closes the connection.
  std::size_t input_bytes_max = std::size_t{1} << 30;
};

class Listener {
 public:
  virtual ~Listener() = default;  // stops accepting; open connections stay
  virtual Endpoint local() const = 0;
};

/// A datagram arrives whole, twice, late or not at all, as the network pleases.
struct DatagramOptions {
  /// Numeric address of the interface on which a group is joined and through which datagrams to groups go; "" = the system's choice.
  std::string interface{};
  /// Routers that a datagram to a group passes at most, counted from 1: 1 = this network only, 0 = this machine only.
  int hops = 1;
  /// Whether sockets of this machine hear what it sends to a group; through the loopback interface they always do.
  bool loopback = true;
  /// Several sockets of this machine may have this port; each hears what is sent to its group.
  bool shared = false;
  /// Longer ones are neither sent nor handed over.
  std::size_t datagram_bytes_max = 1400;
};
/// `datagram` is valid during the call. On the socket's loop, not in a fiber: must not wait.
using DatagramHandler = std::function<void(const Endpoint& from, BytesView datagram)>;

class DatagramSocket {
 public:
  virtual ~DatagramSocket() = default;  // on its loop: the handler is not called any more; elsewhere waits for the loop
  /// On its loop; never waits. Fails with too_large, exhausted (the system takes no more now), io_error (no way there).
  virtual Status send(const Endpoint& to, BytesView datagram) = 0;
  virtual Endpoint local() const = 0;   // any thread
};

class Net {
 public:
  virtual ~Net() = default;
  /// Accepted connections are spread over the loops. Any thread. Fails with address_in_use, access_denied, io_error.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, HandlerFactory factory, const ListenOptions& options) = 0;
  /// Waits. The connection belongs to `loop`. Fails with refused, timeout, not_found (name), io_error.
  virtual Result<ConnectionPtr> connect(LoopId loop, const Endpoint& to, std::unique_ptr<Handler> handler, Instant deadline) = 0;
  /// A socket for datagrams. `at` an address of this machine ("" = all) or an IPv4 group, which it joins. Any thread.
  /// Fails with address_in_use, access_denied, invalid_argument (no numeric address), io_error (no such interface).
  virtual Result<std::unique_ptr<DatagramSocket>> open_datagrams(LoopId loop, const Endpoint& at, DatagramHandler handler, const DatagramOptions& options) = 0;
};

}  // namespace holdfast::runtime
