// What a Connection and its handler on the loop share: the requests under way.
//
// Owner: shared by both.  Threads: any.  Waits: never.  Fails with: through the completions.
#pragma once

#include <deque>

#include "client/connection.h"

namespace holdfast::client {

class ConnectionState : public std::enable_shared_from_this<ConnectionState> {
 public:
  ConnectionState(runtime::Runtime& runtime, const ConnectionOptions& options, ConnectionEvents events)
      : runtime_(runtime), options_(options), events_(std::move(events)) {}

  void send(const Request& request, const Sending& sending, Completion done);
  /// On the loop: how many bytes of the input were whole responses.
  std::size_t received(BytesView input);
  bool malformed() const { return malformed_; }
  /// Ends every request under way, and refuses others.
  void ended(Errc reason);
  void opened(runtime::ConnectionPtr connection);
  bool is_open() const;
  void close();
  void agree(std::uint8_t version, bool knows_repeats);
  std::uint8_t version() const;
  bool knows_repeats() const;

 private:
  /// Empty `done`: given up, its answer is of no interest any more.
  struct Pending {
    Op op;
    Instant deadline;
    Instant sent;
    Completion done;
    bool answered = false;
  };
  /// False: nobody asked for it, or not for such a response.
  bool deliver(Response response);
  void write_outbox();
  void watch_deadlines();
  void sweep();
  Error ended_error(Errc reason) const;

  runtime::Runtime& runtime_;
  const ConnectionOptions options_;
  const ConnectionEvents events_;
  mutable Mutex lock_;
  runtime::ConnectionPtr connection_ HF_GUARDED_BY(lock_);
  std::deque<Pending> pending_ HF_GUARDED_BY(lock_);  // by message id: the first has first_id_
  std::uint64_t first_id_ HF_GUARDED_BY(lock_) = 1;
  std::size_t in_flight_ HF_GUARDED_BY(lock_) = 0;
  Bytes outbox_ HF_GUARDED_BY(lock_);                 // from other threads, on its way to the loop
  bool outbox_posted_ HF_GUARDED_BY(lock_) = false;
  bool watching_ HF_GUARDED_BY(lock_) = false;
  std::unique_ptr<runtime::Timer> timer_ HF_GUARDED_BY(lock_);
  std::uint8_t version_ HF_GUARDED_BY(lock_) = kFirstVersion;
  bool knows_repeats_ HF_GUARDED_BY(lock_) = false;
  bool open_ HF_GUARDED_BY(lock_) = true;
  Instant heard_ HF_GUARDED_BY(lock_){};              // the last answer
  // The loop's own:
  std::size_t wanted_ = 0;  // fewer bytes hold no whole response
  bool malformed_ = false;
};

}  // namespace holdfast::client
