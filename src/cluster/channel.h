// Channel: everything that leads to one peer; and a call under way on it.
//
// Owner: the Node.  Threads: each lane on its loop only.  Waits: PendingCallImpl::wait().  Fails with: timeout, what the lane fails with.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "cluster/lane.h"

namespace holdfast::cluster {

/// Everything that leads to one peer.
struct Channel {
  NodeInfo node;
  std::vector<std::shared_ptr<Lane>> lanes;  // one per loop of ours; each is touched on its loop only
};
using Channels = std::map<Address, std::shared_ptr<Channel>>;

class PendingCallImpl final : public PendingCall {
 public:
  PendingCallImpl(runtime::Runtime& runtime, std::shared_ptr<Channel> channel, runtime::LoopId loop, std::shared_ptr<CallState> call, std::uint64_t id)
      : runtime_(runtime), channel_(std::move(channel)), loop_(loop), call_(std::move(call)), id_(id) {}
  ~PendingCallImpl() override {
    if (!channel_ || call_->event->is_set()) return;
    runtime_.scheduler().post(loop_, [channel = channel_, loop = loop_, id = id_] { channel->lanes[loop]->forget_call(id); });
  }
  Result<Bytes> wait(Instant deadline) override {
    if (!call_->event->wait_briefly(deadline)) return Error(Errc::timeout, "no answer in time");
    return std::move(call_->result);
  }

 private:
  runtime::Runtime& runtime_;
  const std::shared_ptr<Channel> channel_;
  const runtime::LoopId loop_;
  const std::shared_ptr<CallState> call_;
  const std::uint64_t id_;
};

}  // namespace holdfast::cluster
