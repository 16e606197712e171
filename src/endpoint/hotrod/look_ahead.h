// LookAhead: the requests that have arrived but were not served yet. While one is served, the memory of the next ones is on
// its way; and what was read of them is not read again.
//
// Owner: the session.  Threads: its own.  Waits: never.  Fails with: nothing; what it does not understand is left to the session.
#pragma once

#include <array>

#include "base/hash.h"
#include "endpoint/hotrod/view_cache.h"

namespace holdfast::hotrod {

class LookAhead {
 public:
  static constexpr std::size_t kRequestsMax = 16;
  static constexpr std::size_t kBytesMax = 65536;

  struct Request {
    std::uint64_t message_id;
    KeyHash hash;         // of the key that its body starts with
    std::uint32_t begin;  // in the input that was looked at
    std::uint32_t parameters;  // where they, or the body, begin; from its own beginning
    std::uint8_t op;
  };

  /// Finds the requests at the start of the input that address one cache in one way.
  void find(BytesView input, ViewCache& views);
  void fetch(int round) const;
  /// Requests that were found and not yet taken.
  std::size_t left() const { return left_; }
  void take() { left_ -= left_ > 0 ? 1 : 0; }
  void clear() { left_ = 0; }
  /// What is known of the request that starts here; null: nothing that still holds.
  const Request* known(BytesView input, const ViewCache& views) const;

 private:
  const server::CacheView* view_ = nullptr;
  std::uint32_t generation_ = 0;  // of the views
  const char* start_ = nullptr;
  std::array<Request, kRequestsMax> requests_;
  std::size_t count_ = 0;
  std::size_t left_ = 0;
};

}  // namespace holdfast::hotrod
