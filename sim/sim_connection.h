// SimConnection: one end of a simulated stream: the process's side (handler, output, input) and the system's receive buffer.
// It behaves as runtime/posix_connection.cpp does; src/runtime/runtime_contract.h holds both to the same tests.
//
// Owner: shared; the Network holds one reference while it is open.  Threads: the simulation's one.
#pragma once

#include <vector>

#include "runtime/net.h"
#include "sim/network.h"

namespace holdfast::sim {

class SimConnection final : public runtime::Connection {
 public:
  struct Place {
    SimHost& host;
    runtime::LoopId loop;
    runtime::Endpoint local;
    runtime::Endpoint peer;
  };
  SimConnection(Network& network, Place place, std::shared_ptr<Stream> stream, int side, std::unique_ptr<runtime::Handler> handler, const runtime::ListenOptions& options);
  ~SimConnection() override;

  Bytes& output() override { return output_; }
  std::size_t pending_output() const override { return output_.size() - sent_; }
  void flush() override;
  bool wait_for_output_below(std::size_t bytes_max, Instant deadline) override;
  void close_after_flush() override;
  void abort() override { close(Errc::cancelled, false); }
  bool is_open() const override { return open_; }
  runtime::LoopId loop() const override { return place_.loop; }
  runtime::Endpoint local() const override { return place_.local; }
  runtime::Endpoint peer() const override { return place_.peer; }

  // For the network.

  /// On its loop, once.
  void start();
  void set_handler(std::unique_ptr<runtime::Handler> handler) { handler_ = std::move(handler); }
  SimHost& host() { return place_.host; }
  void arrived(BytesView data);
  void arrived_end();
  void arrived_reset();
  /// The other side has read: there is room again.
  void room_grew();
  /// The process is gone.
  void orphan();
  bool has_unread() const { return !received_.empty(); }

 private:
  std::shared_ptr<SimConnection> self() { return std::static_pointer_cast<SimConnection>(shared_from_this()); }
  void arm_read();
  void on_readable();
  void handle(Bytes data);
  void after_handler();
  void free_window(std::size_t bytes);
  void write_now();
  void output_shrank();
  void drain();
  void wake_waiters();
  /// `broken`: the stream is gone already.
  void close(Errc reason, bool broken);

  Network& network_;
  const Place place_;
  std::shared_ptr<Stream> stream_;
  const int side_;
  std::unique_ptr<runtime::Handler> handler_;
  const std::size_t output_bytes_max_;
  const std::size_t input_bytes_max_;
  Bytes output_;
  std::size_t sent_ = 0;
  Bytes received_;            // by the system, not read yet
  std::size_t freed_ = 0;     // read, and the other side not told yet
  bool end_received_ = false;
  Bytes input_;               // read and not consumed by the handler
  std::vector<runtime::Event*> output_waiters_;
  bool started_ = false;
  bool open_ = true;
  bool closing_ = false;
  bool draining_ = false;
  bool in_handler_ = false;
  bool reading_ = false;      // on_readable() is on its way
  bool flush_posted_ = false;
  std::unique_ptr<runtime::Timer> linger_;
};

}  // namespace holdfast::sim
