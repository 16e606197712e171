// Poller: where one loop waits: the sockets in an epoll set, each registered once for good, and a call from other threads.
//
// What is ready in one turn is served in rounds: first all are read, then all may prepare (Handler::prepare), then
// each is run. So the memory that many small requests need arrives while others are looked at.
//
// Owner: PosixLoop.  Threads: the loop's, but for wake().  Waits: wait().  Fails with: nothing; add() asserts.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/time.h"

namespace holdfast::runtime {

/// A socket in the set. Shared: the poller holds it from add() to remove().
class Pollable {
 public:
  virtual ~Pollable() = default;
  /// New readiness, edge by edge. `ended`: the peer is done, or the socket failed; reading or writing tells which.
  virtual void on_edge(bool readable, bool writable, bool ended) = 0;
  /// Reads if it may; false when there is nothing to run.
  virtual bool receive() = 0;
  virtual void prepare([[maybe_unused]] int round) {}
  virtual void run() {}
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  void add(int socket, std::shared_ptr<Pollable> pollable);
  void remove(int socket);
  /// Looks what is ready, or waits until something is.
  void wait(bool until_ready);
  /// Ends a wait at that time, or earlier. The system is told only when it has to wake us earlier than it knows: telling it costs more
  /// than a small request.
  void wake_at(Instant when);
  bool found() const { return events_n_ > 0; }
  /// Serves what wait() found ready.
  void serve();
  /// Ends this wait or the next. Any thread.
  void wake();
  /// Something is left to do that no edge will tell of.
  bool has_more() const { return !again_.empty(); }
  /// Something is left to read without a new edge: `pollable` is served with what the next wait finds.
  void again(std::shared_ptr<Pollable> pollable) { again_.push_back(std::move(pollable)); }
  /// Lets go of everything.
  void clear();

 private:
  using Batch = std::vector<std::shared_ptr<Pollable>>;
  static constexpr std::size_t kEventsMax = 64;  // of one wait
  void take_edges();
  static void serve_group(const std::shared_ptr<Pollable>* first, std::size_t count);

  const int epoll_;
  const int wake_;   // an eventfd; every write to it is an edge, so that nobody has to read it
  const int clock_;  // a timerfd, likewise
  Instant alarm_ = kNever;  // when that will go off
  std::unordered_map<int, std::shared_ptr<Pollable>> sockets_;
  Batch again_;
  Batch ready_;  // being served; a member so that its memory stays
  std::array<epoll_event, kEventsMax> events_;
  std::size_t events_n_ = 0;
};

}  // namespace holdfast::runtime
