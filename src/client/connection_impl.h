// What a Connection and its handler on the loop share: the calls under way.
//
// Owner: shared by both.  Threads: any.  Waits: never.  Fails with: through the calls.
#pragma once

#include "client/connection.h"

namespace holdfast::client {

class ConnectionState {
 public:
  ConnectionState(runtime::Runtime& runtime, const ConnectionOptions& options) : runtime_(runtime), options_(options) {}

  CallPtr send(Op op, BytesView cache, std::uint32_t flags, BytesView body);
  /// On the loop: how many bytes of the input were whole responses.
  std::size_t received(BytesView input);
  bool malformed() const { return malformed_; }
  /// Ends every call under way, and refuses others.
  void ended(Errc reason);
  void opened(runtime::ConnectionPtr connection);
  bool is_open() const;
  void close();
  void set_version(std::uint8_t version);
  std::uint8_t version() const;

 private:
  /// False: nobody asked for it, or not for such a response.
  bool deliver(Response response);

  runtime::Runtime& runtime_;
  const ConnectionOptions options_;
  mutable Mutex lock_;
  runtime::ConnectionPtr connection_ HF_GUARDED_BY(lock_);
  std::map<std::uint64_t, CallPtr> calls_ HF_GUARDED_BY(lock_);
  std::uint64_t next_id_ HF_GUARDED_BY(lock_) = 1;
  std::uint8_t version_ HF_GUARDED_BY(lock_) = kFirstVersion;
  bool open_ HF_GUARDED_BY(lock_) = true;
  // The loop's own:
  std::size_t wanted_ = 0;  // fewer bytes hold no whole response
  bool malformed_ = false;
};

}  // namespace holdfast::client
