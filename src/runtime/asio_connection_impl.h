// A TCP connection of the production runtime. Reads when the reactor says so, into the loop's buffer; calls the
// handler in a pooled fiber; writes what the handler appended with one send.
//
// Owner: shared; pending reactor operations hold references.  Threads: its loop's.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "runtime/asio_io_impl.h"
#include "runtime/net.h"

namespace holdfast::runtime {

class AsioConnection final : public Connection {
 public:
  AsioConnection(AsioLoop& loop, boost::asio::ip::tcp::socket socket, std::unique_ptr<Handler> handler, const ListenOptions& options);

  /// On the loop's thread, once.
  void start();

  Bytes& output() override { return output_; }
  std::size_t pending_output() const override { return output_.size() - sent_; }
  void flush() override;
  bool wait_for_output_below(std::size_t bytes_max, Instant deadline) override;
  void close_after_flush() override;
  void abort() override;
  bool is_open() const override { return open_; }
  LoopId loop() const override { return loop_.id(); }
  Endpoint local() const override { return local_; }
  Endpoint peer() const override { return peer_; }

 private:
  std::shared_ptr<AsioConnection> self() { return std::static_pointer_cast<AsioConnection>(shared_from_this()); }
  void arm_read();
  void on_readable();
  void handle(std::unique_ptr<ReadBuffer> buffer, std::size_t size);
  void after_handler();
  void write_now();
  void arm_write();
  void output_shrank();
  void drain();
  void close(Errc reason);

  AsioLoop& loop_;
  boost::asio::ip::tcp::socket socket_;
  std::unique_ptr<Handler> handler_;
  const std::size_t output_bytes_max_;
  const std::size_t input_bytes_max_;
  Endpoint local_, peer_;
  Bytes output_;          // [sent_, size) waits for the system
  std::size_t sent_ = 0;
  Bytes input_;           // received and not consumed
  std::vector<Event*> output_waiters_;
  bool open_ = true;
  bool closing_ = false;     // closes when the output is written
  bool in_handler_ = false;
  bool reading_ = false;     // a read is armed
  bool writing_ = false;     // a write is armed
  bool flush_posted_ = false;
  bool draining_ = false;    // our side is shut, the peer's bytes are swallowed
  std::unique_ptr<Timer> linger_;
};

}  // namespace holdfast::runtime
