// The views that a session keeps: opening a cache costs lookups and allocations, a kept view a few comparisons.
//
// Owner: a session; they are one subject's.  Threads: the connection's loop.  Waits: never.
// Fails with: what the Dispatcher says when it opens a cache.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/dispatcher.h"

namespace holdfast::rest {

/// How a request names a cache and types, as its bytes say.
struct ViewKey {
  BytesView cache;
  BytesView key_type;    // Key-Content-Type
  BytesView value_type;  // Accept, or Content-Type
  bool reads = false;    // which of the two
};

struct KeptView {
  Bytes cache;
  Bytes key_type;
  Bytes value_type;
  bool reads = false;
  server::CacheView view;
  std::string content_type;  // of the values as they are shown
};

class Views {
 public:
  static constexpr std::size_t kKeptMax = 8;

  const KeptView* find(const ViewKey& key) const;
  const KeptView* keep(const ViewKey& key, server::CacheView view, std::string content_type);
  void forget(const KeptView* kept);
  void clear() { kept_.clear(); }

 private:
  std::vector<std::unique_ptr<KeptView>> kept_;
  std::size_t next_victim_ = 0;
};

}  // namespace holdfast::rest
