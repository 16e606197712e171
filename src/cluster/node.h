// ClusterNode: a node's membership driven by a Runtime: listens, finds the others, keeps one connection per loop to each,
// and carries requests of the layers above.
//
// Owner: the CacheManager of a clustered container.  Threads: any, unless a line says otherwise.
// Waits: start(), call(), leave().
// Fails with: address_in_use (every port of the range), invalid_configuration; call(): node_suspected (not in the view, or its
// connection broke: the request may have been carried out), timeout, or what the handler answered.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "cluster/discovery.h"
#include "cluster/membership.h"
#include "runtime/runtime.h"

namespace holdfast::cluster {

/// What a request is for; the layer above numbers its own.
using Method = std::uint8_t;
/// Answers a request; runs in a fiber on the loop that received it, may wait. `request` is valid during the call.
using RequestHandler = std::function<Result<Bytes>(const Address& from, BytesView request)>;

struct ClusterOptions {
  std::string cluster_name = "ISPN";
  MembershipOptions membership;   // self: name, hints; host "" = 127.0.0.1, port 7800 = first of the range; incarnation is made up
  std::uint32_t port_range = 100; // ports tried upwards when taken
  std::vector<std::shared_ptr<Discovery>> discovery;
  std::size_t queue_bytes_max = std::size_t{8} << 20;  // waiting for one peer; then calls to it wait
};

/// On the control loop, in order; must not wait. `before` has no members the first time.
using ViewListener = std::function<void(const View& before, const View& now, bool merged)>;

/// A request under way.
class PendingCall {
 public:
  virtual ~PendingCall() = default;  // forgets it
  /// Waits for the answer.
  virtual Result<Bytes> wait(Instant deadline) = 0;
};

class ClusterNode {
 public:
  virtual ~ClusterNode() = default;

  /// Before start().
  virtual void handle(Method method, RequestHandler handler) = 0;
  virtual void listen_to_views(ViewListener listener) = 0;
  /// The others went on without this node (control loop): everything clustered must be dropped; the node joins again by
  /// itself as another incarnation, and views begin anew.
  virtual void listen_to_exclusion(std::function<void()> listener) = 0;

  /// Returns when the node is in a view.
  virtual Status start() = 0;
  /// Leaves the view (data must have been handed over), then stops.
  virtual void leave(Instant deadline) = 0;
  /// Without a word: the others see a crash. The destructor does the same.
  virtual void stop() = 0;

  virtual Address self() const = 0;
  virtual std::shared_ptr<const View> view() const = 0;
  /// May this node answer a read from what it has, now? A load and a comparison.
  virtual bool has_lease() const = 0;

  /// Sends now, on the calling loop's lane; waits only while the peer's queue is full. A call to oneself is handled here.
  virtual std::unique_ptr<PendingCall> begin_call(const Address& to, Method method, Bytes request) = 0;
  Result<Bytes> call(const Address& to, Method method, Bytes request, Instant deadline) {
    return begin_call(to, method, std::move(request))->wait(deadline);
  }
  /// One way; dropped when the peer is gone.
  virtual void tell(const Address& to, Method method, Bytes message) = 0;
};

std::unique_ptr<ClusterNode> make_cluster_node(runtime::Runtime& runtime, ClusterOptions options);

}  // namespace holdfast::cluster
