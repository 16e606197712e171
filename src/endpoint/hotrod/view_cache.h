// ViewCache: the caches that a session looked at, by name and media types as they stand in the requests. Most requests
// address what the one before addressed, byte by byte; those are recognised by a comparison of a few bytes.
//
// Owner: the session.  Threads: its own.  Waits: never.  Fails with: null.
#pragma once

#include <memory>
#include <vector>

#include "endpoint/hotrod/wire.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

class ViewCache {
 public:
  const server::CacheView* find(const Header& header);
  const server::CacheView* keep(const Header& header, server::CacheView view);
  void forget(const server::CacheView* view);
  void clear();
  /// While this number stays, views that were handed out live, and last() is the same.
  std::uint32_t generation() const { return generation_; }

  /// The reader stands behind the operation of a request. True: it goes on as the last one that was found or kept, and the
  /// reader stands behind its addressee now.
  bool repeats(Reader& in, BytesView input, std::uint8_t version) const {
    const std::size_t bytes = last_.addressee.size();
    if (!last_.view || version != last_.version || input.substr(in.position(), bytes) != last_.addressee) return false;
    in.bytes(bytes);
    return true;
  }
  /// The view that such a request has; null: the last one's does not hold for the next.
  const server::CacheView* last() const { return last_.view; }
  /// The same, and what its header says; its addressee ends at `end`.
  const server::CacheView* recall(std::size_t end, BytesView input, Header& header) const;

 private:
  static constexpr std::size_t kSlotsMax = 16;
  struct Slot {
    Bytes cache;
    Bytes media;
    server::CacheView view;
    bool by_alias = false;
  };
  struct Last {
    const server::CacheView* view = nullptr;
    Bytes addressee;
    std::uint8_t version = 0;
    Intelligence intelligence = Intelligence::basic;
    std::uint32_t flags = 0;
    std::uint32_t topology_id = 0;
    std::size_t cache_at = 0, cache_bytes = 0;  // within the addressee, as the two below
    std::size_t media_at = 0, media_bytes = 0;
  };
  void remember(const Header& header, const Slot& slot);
  void changed();

  std::vector<std::unique_ptr<Slot>> slots_;
  std::size_t next_victim_ = 0;
  std::uint32_t generation_ = 0;
  Last last_;
};

}  // namespace holdfast::hotrod
