// A TCP connection of the production runtime. Reads when the loop's poller says so, into a buffer of the loop; calls the
// handler in a pooled fiber; writes what the handler appended with one send.
//
// Owner: shared; the poller holds a reference while it is open.  Threads: its loop's.
#pragma once

#include "runtime/posix_loop.h"
#include "runtime/net.h"

namespace holdfast::runtime {

class PosixConnection final : public Connection, public Pollable {
 public:
  /// `socket` is connected and does not block; it is closed with the connection.
  PosixConnection(PosixLoop& loop, int socket, std::unique_ptr<Handler> handler, const ListenOptions& options);

  ~PosixConnection() override;

  /// On the loop's thread, once.
  void start();

  void on_edge(bool readable, bool writable, bool ended) override;
  bool receive() override;
  void prepare(int round) override;
  void run() override;

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
  std::shared_ptr<PosixConnection> self() { return std::static_pointer_cast<PosixConnection>(shared_from_this()); }
  void arm_read();
  void handle();
  void after_handler();
  void write_now();
  void wait_to_write();
  void output_shrank();
  void drain();
  void close(Errc reason);

  PosixLoop& loop_;
  int socket_;  // -1 = closed
  std::unique_ptr<Handler> handler_;
  const std::size_t output_bytes_max_;
  const std::size_t input_bytes_max_;
  const Endpoint local_, peer_;
  Bytes output_;          // [sent_, size) waits for the system
  std::size_t sent_ = 0;
  Bytes input_;           // received and not consumed
  std::vector<Event*> output_waiters_;
  bool open_ = true;
  bool closing_ = false;     // closes when the output is written
  bool in_handler_ = false;
  bool reading_ = false;     // wants to read
  bool readable_ = false;    // there may be something to read
  bool ended_ = false;       // the peer closed, or the connection failed: reading tells which
  bool writing_ = false;     // waits until the system takes more
  bool flush_posted_ = false;
  bool draining_ = false;    // our side is shut, the peer's bytes are swallowed
  std::unique_ptr<Timer> linger_;
  std::unique_ptr<ReadBuffer> buffer_;  // between receive() and the end of the handler
  std::size_t received_ = 0;
};

}  // namespace holdfast::runtime
