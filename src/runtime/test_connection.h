// TestConnection: a connection without a network, for the tests of protocols. The test plays the peer.
//
// Owner: the test.  Threads: one.  Waits: never.
#pragma once

#include <functional>
#include <utility>

#include "runtime/net.h"

namespace holdfast::runtime {

class TestConnection final : public Connection {
 public:
  Bytes& output() override { return output_; }
  std::size_t pending_output() const override { return output_.size(); }
  void flush() override {}
  /// The peer reads everything when it is waited for, unless it is said to be stuck.
  bool wait_for_output_below(std::size_t, Instant) override {
    ++waits;
    if (while_waiting) while_waiting();
    if (!stuck) read_by_peer();
    return !stuck;
  }
  void close_after_flush() override { closing = true; }
  void abort() override { open = false; }
  bool is_open() const override { return open; }
  LoopId loop() const override { return 0; }
  Endpoint local() const override { return {"127.0.0.1", 11222}; }
  Endpoint peer() const override { return {"127.0.0.1", 4}; }

  void read_by_peer() {
    read_.append(output_);
    output_.clear();
  }
  /// What the peer has got since the last call.
  Bytes take() {
    read_by_peer();
    return std::exchange(read_, Bytes());
  }

  std::function<void()> while_waiting;  // what happens elsewhere meanwhile
  int waits = 0;
  bool stuck = false;
  bool closing = false;
  bool open = true;

 private:
  Bytes output_;
  Bytes read_;
};

}  // namespace holdfast::runtime
