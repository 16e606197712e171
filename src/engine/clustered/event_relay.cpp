#include "engine/clustered/event_relay.h"

#include <algorithm>

namespace holdfast::engine::clustered {
namespace {

constexpr std::uint32_t kClusterwide = bit(EventKind::created) | bit(EventKind::modified) | bit(EventKind::removed) | bit(EventKind::expired);
constexpr Duration kAgain = std::chrono::milliseconds(5);
constexpr Duration kCallTime = std::chrono::seconds(2);
constexpr Duration kHearWait = std::chrono::seconds(15);  // for a listener that takes its time; longer than a hung node stays a member

}  // namespace

// ---- As a node with listeners

/// Who does not know yet what is wanted here, and what that is.
std::vector<Address> EventRelay::unaware(const std::vector<Address>& members, Interest& interest) {
  const std::uint32_t kinds = local_.heard(false) & kClusterwide, pre = local_.heard(true) & kClusterwide;
  std::vector<Address> missing;
  Locked locked(lock_);
  if (kinds != own_.kinds || pre != own_.pre_kinds) {
    own_.kinds = kinds;
    own_.pre_kinds = pre;
    ++own_.generation;
  }
  interest = own_;
  for (const Address& m : members) {
    const auto at = told_.find(m);
    const bool nothing_to_say = at == told_.end() && own_.kinds == 0;
    if (!nothing_to_say && (at == told_.end() || at->second < own_.generation)) missing.push_back(m);
  }
  return missing;
}

bool EventRelay::all_know(const std::vector<Address>& members) {
  Interest interest;
  return unaware(members, interest).empty();
}

bool EventRelay::announce(FunctionRef<std::vector<Address>()> members, Instant deadline) {
  for (;;) {
    Interest interest;
    const std::vector<Address> missing = unaware(members(), interest);
    if (missing.empty()) return true;
    interest.cache = local_.name();
    Bytes body;
    append_interest(body, interest);
    std::vector<std::unique_ptr<cluster::PendingCall>> calls;
    for (const Address& m : missing) calls.push_back(context_->node.begin_call(m, method::kInterest, body));
    bool all = true;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const bool told = calls[i]->wait(std::min(deadline, context_->now() + kCallTime)).ok();
      all = all && told;
      Locked locked(lock_);
      if (told) told_[missing[i]] = std::max(told_[missing[i]], interest.generation);
    }
    if (all) continue;
    if (context_->now() >= deadline || !local_.running()) return false;
    context_->runtime.scheduler().sleep_until(context_->now() + kAgain);
  }
}

// ---- As a primary

void EventRelay::refresh() {
  std::uint32_t kinds = 0, pre = 0;
  for (const auto& [address, interest] : others_) {
    kinds |= interest.kinds;
    pre |= interest.pre_kinds;
  }
  kinds_.store(kinds, std::memory_order_release);
  pre_kinds_.store(pre, std::memory_order_release);
}

void EventRelay::on_interest(const Address& from, const Interest& interest) {
  Locked locked(lock_);
  Interest& known = others_[from];
  if (interest.generation >= known.generation) known = interest;
  refresh();
}

std::vector<Address> EventRelay::listening(const Event& event) {
  std::vector<Address> all;
  Locked locked(lock_);
  for (const auto& [address, interest] : others_) {
    if (((event.pre ? interest.pre_kinds : interest.kinds) & bit(event.kind)) != 0) all.push_back(address);
  }
  return all;
}

void EventRelay::send(const Event& event) {
  const Instant deadline = context_->now() + kHearWait;
  std::vector<Address> to = listening(event);
  bool again = false;
  while (!to.empty()) {
    Bytes body;
    append_event(body, local_.name(), event, event.retried || again);
    std::vector<std::unique_ptr<cluster::PendingCall>> calls;
    for (const Address& node : to) calls.push_back(context_->node.begin_call(node, method::kEvent, body));
    std::vector<Address> missed;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const auto heard = calls[i]->wait(deadline);
      // A node that left hears nothing any more; one whose connection broke may not have heard it.
      if (heard.failed_with(Errc::node_suspected, Errc::closed) && context_->node.view()->has(to[i])) missed.push_back(to[i]);
      if (heard.failed_with(Errc::timeout)) {
        context_->runtime.log().warn("cluster", "cache '" + local_.name() + "': listeners of " + to[i].name + " took too long and may have missed an event");
      }
    }
    to = std::move(missed);
    again = true;
    if (to.empty() || context_->now() >= deadline || !local_.running()) return;
    context_->runtime.scheduler().sleep_until(context_->now() + kAgain);
  }
}

// ---- Members come and go

void EventRelay::forget_others(const View& view) {
  Locked locked(lock_);
  std::erase_if(others_, [&](const auto& o) { return !view.has(o.first); });
  std::erase_if(told_, [&](const auto& o) { return !view.has(o.first); });
  refresh();
}

void EventRelay::reset() {
  Locked locked(lock_);
  others_.clear();
  told_.clear();
  refresh();
}

}  // namespace holdfast::engine::clustered
