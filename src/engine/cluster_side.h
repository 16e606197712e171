// ClusterSide: what a cache whose entries also lie on other nodes does about them. engine/clustered implements it.
//
// Owner: the clustered cache.  Threads: any.  Waits: tell(), expire() and touch(), for other nodes.  Fails with: nothing; what other
// nodes did not get in time is logged.
#pragma once

#include <vector>

#include "engine/events.h"

namespace holdfast::engine {

class ClusterSide {
 public:
  virtual ~ClusterSide() = default;

  /// Listeners of other nodes want to hear this.
  virtual bool hears(EventKind kind, bool pre) const = 0;
  /// Every node that wants it has heard it when this returns. In the key's order.
  virtual void tell(const Event& event) = 0;

  enum class Verdict : std::uint8_t {
    forget,  // nobody needs to know: the other owners find out themselves
    decide,  // it takes a write of the whole cluster: expire()
    later,   // another node decides
  };
  /// Of an entry of the segment that is over by this node's clock. Under the shard's lock.
  virtual Verdict judge(const Metadata& over, std::uint32_t segment) = 0;
  virtual void expire(const std::vector<Bytes>& keys) = 0;
  /// An access met an entry that is over. Does not wait.
  virtual void met_expired(BytesView key) = 0;
  /// An entry with a max-idle was used here: the other owners must know.
  virtual void touch(BytesView key, TimeMs now_ms) = 0;
};

}  // namespace holdfast::engine
