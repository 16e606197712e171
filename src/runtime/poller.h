// Poller: the sockets of one loop in an epoll set of its own, each registered once for good. Asio would change the
// registration, or try a read in vain, for every message: a system call that costs as much as a small request.
//
// What is ready in one turn is served in rounds: first all are read, then all may prepare (Handler::prepare), then
// each is run. So the memory that many small requests need arrives while others are looked at.
//
// Owner: AsioLoop.  Threads: the loop's.  Waits: never.  Fails with: nothing; add() asserts.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

namespace holdfast::runtime {

/// A socket in the set. Shared: the poller holds it from add() to remove().
class Pollable {
 public:
  virtual ~Pollable() = default;
  /// New readiness, edge by edge.
  virtual void on_edge(bool readable, bool writable, bool ended) = 0;
  /// Reads if it may; false when there is nothing to run.
  virtual bool receive() = 0;
  virtual void prepare(int round) = 0;
  virtual void run() = 0;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// Readable when turn() has something to do.
  int descriptor() const { return epoll_; }
  void add(int socket, std::shared_ptr<Pollable> pollable);
  void remove(int socket);
  /// Serves what is ready now; how many that were.
  std::size_t turn();
  /// There may be more than the last turn served.
  bool has_more() const { return full_ || !again_.empty(); }
  /// Something is left to read without a new edge: `pollable` takes part in the next turn.
  void again(std::shared_ptr<Pollable> pollable) { again_.push_back(std::move(pollable)); }
  /// Lets go of everything.
  void clear();

 private:
  using Batch = std::vector<std::shared_ptr<Pollable>>;
  static void serve(const std::shared_ptr<Pollable>* first, std::size_t count);

  int epoll_;
  std::unordered_map<int, std::shared_ptr<Pollable>> sockets_;
  Batch again_;
  Batch ready_;  // of this turn; a member so that its memory stays
  bool full_ = false;  // the last turn took as many events as it may
};

}  // namespace holdfast::runtime
