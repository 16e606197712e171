// One loop of the production runtime: an io_context, its thread, its fibers, its read buffers.
//
// Owner: AsioRuntime.  Threads: as runtime/scheduler.h says; members without "any thread" belong to the loop's thread.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "runtime/fiber.h"
#include "runtime/poller.h"
#include "runtime/scheduler.h"

namespace holdfast::runtime {

/// What a connection reads into; taken from the loop for the length of one Handler::on_data.
struct ReadBuffer {
  static constexpr std::size_t kBytes = std::size_t{64} << 10;
  std::unique_ptr<char[]> bytes{new char[kBytes]};
};

class AsioLoop {
 public:
  AsioLoop(LoopId id, std::size_t fiber_stack_bytes);
  ~AsioLoop();
  AsioLoop(const AsioLoop&) = delete;
  AsioLoop& operator=(const AsioLoop&) = delete;

  /// The loop of the calling thread, null when it is none of ours. Any thread.
  static AsioLoop* current();

  LoopId id() const { return id_; }  // any thread
  void start();                      // any thread; once
  void stop();                       // any thread but the loop's; joins
  void post(Task task);              // any thread
  void spawn(Task body) {
    post([this, body = std::move(body)]() mutable { fibers_.run(std::move(body)); });
  }
  std::unique_ptr<Timer> at(Instant when, Task task);  // any thread
  FiberPool& fibers() { return fibers_; }
  std::unique_ptr<ReadBuffer> take_buffer();
  void give_buffer(std::unique_ptr<ReadBuffer> buffer);

  Poller& poller() { return poller_; }
  /// The poller has something to do without an event.
  void poll_soon();

  struct Io;  // the io_context; asio_io.h
  Io& io() { return *io_; }

 private:
  void run();
  void watch_poller();
  void turn();

  const LoopId id_;
  std::unique_ptr<Io> io_;
  Poller poller_;
  bool turn_posted_ = false;
  FiberPool fibers_;
  std::vector<std::unique_ptr<ReadBuffer>> buffers_;
  std::thread thread_;
};

}  // namespace holdfast::runtime
