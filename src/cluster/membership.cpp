// What happens to one node: heartbeats, leases, suspicion, looking for others. views.cpp decides what the next view is.
#include "cluster/membership.h"

#include <algorithm>

#include "base/planted.h"
namespace holdfast::cluster {
namespace {

using Kind = MembershipAction::Kind;

std::uint64_t stamp_of(Instant t) { return static_cast<std::uint64_t>(t.time_since_epoch().count()); }
Instant instant_of(std::uint64_t stamp) { return Instant(Duration(static_cast<Duration::rep>(stamp))); }

constexpr int kStrainMax = 3;
constexpr int kRecovery = 3;      // after a third of `hang` without trouble the strain is one less

}  // namespace

Membership::Membership(const MembershipOptions& options, Instant now) : options_(options), started_(now), next_tick_(now), awake_(now), strained_(now) {}

// ---- Peers

Membership::Peer& Membership::peer(const NodeInfo& node) {
  Peer& p = peers_[node.address];
  p.node = node;
  return p;
}
Membership::Peer* Membership::known(const Address& address) {
  const auto at = peers_.find(address);
  return at == peers_.end() ? nullptr : &at->second;
}
const Membership::Peer* Membership::known(const Address& address) const {
  const auto at = peers_.find(address);
  return at == peers_.end() ? nullptr : &at->second;
}

/// Dead, or unheard for longer than `limit`.
bool Membership::silent(Instant now, const Address& node, Duration limit) const {
  if (node == self().address) return false;
  const Peer* p = known(node);
  return p == nullptr || p->dead || now - p->heard > limit;
}

bool Membership::suspected(Instant now, const Address& node) const {
  if (planted(Defect::suspects_too_soon)) return silent(now, node, 2 * options_.heartbeat);
  if (planted(Defect::hang_not_noticed)) return silent(now, node, Duration::max());
  return silent(now, node, options_.hang * (1 + strain_));
}

/// The others must know it also while we doubt ourselves.
std::vector<Address> Membership::unheard(Instant now) const {
  std::vector<Address> all;
  for (const NodeInfo& m : view_.members) {
    const Peer* p = known(m.address);
    if (p && !p->dead && (suspected(now, m.address) || silent(now, m.address, options_.hang))) all.push_back(m.address);
  }
  return all;
}

std::vector<Address> Membership::linked() const {
  std::vector<Address> all;
  for (const auto& [address, p] : peers_) {
    if (p.linked) all.push_back(address);
  }
  return all;
}

void Membership::send(const Address& to, Message message, Actions& out) const {
  if (message.kind != MessageKind::promise && message.kind != MessageKind::refuse) message.view = view_.id;
  MembershipAction a;
  a.kind = Kind::send;
  a.to = to;
  a.message = std::move(message);
  out.push_back(std::move(a));
}

void Membership::connect(const NodeInfo& node, Actions& out) {
  if (node.address == self().address || peer(node).linked || peer(node).dead) return;
  MembershipAction a;
  a.kind = Kind::connect;
  a.node = node;
  out.push_back(std::move(a));
}

// ---- Time

Membership::Actions Membership::tick(Instant now) {
  Actions out;
  if (excluded_) {
    next_tick_ = now + options_.heartbeat;
    return out;
  }
  notice_own_delay(now);
  watch_own_health(now);
  if (view_.members.empty()) {
    look_for_others(now, out);
  } else {
    heartbeat(now, out);
    if (leaving_ && !acting(now)) {
      Message m;
      m.kind = MessageKind::leave;
      for (const NodeInfo& member : view_.members) {
        if (member.address != self().address) send(member.address, m, out);
      }
    }
    offer_merge(now, out);
    ask_for_lease(now, out);
    decide(now, out);
    install_if_ready(now, out);
  }
  next_tick_ = now + options_.heartbeat;
  if (proposal_ && proposal_->open.empty()) next_tick_ = std::min(next_tick_, std::max(now, proposal_->install_at));
  return out;
}

/// Called before anything is made of the time that has passed. What we slept through is no silence of the others.
void Membership::notice_own_delay(Instant now) {
  const Duration late = now - std::max(next_tick_, awake_);
  awake_ = now;
  if (late <= options_.heartbeat || planted(Defect::own_pause_not_forgiven)) return;
  for (auto& [address, p] : peers_) p.heard = std::min(now, p.heard + late);
  if (!planted(Defect::own_health_ignored)) strain_ = std::min(kStrainMax, strain_ + 1);
  strained_ = asked_ = now;
}

/// Several others that are silent all at once: it is rather us.
void Membership::watch_own_health(Instant now) {
  std::size_t others = 0, missing = 0;
  for (const NodeInfo& m : view_.members) {
    const Peer* p = known(m.address);
    if (m.address == self().address || p == nullptr || p->dead) continue;
    ++others;
    missing += now - p->heard > kProbesMissed * options_.heartbeat;
  }
  if (others > 1 && missing == others) {
    if (!planted(Defect::own_health_ignored)) strain_ = std::max(strain_, 1);
    strained_ = now;
  } else if (strain_ > 0 && now - strained_ > options_.hang / kRecovery) {
    --strain_;
    strained_ = now;
  }
}

void Membership::heartbeat(Instant now, Actions& out) {
  Message m;
  m.kind = MessageKind::heartbeat;
  m.stamp = stamp_of(now);
  m.unheard = unheard(now);
  for (const NodeInfo& member : view_.members) {
    if (member.address == self().address) continue;
    connect(member, out);
    send(member.address, m, out);
  }
}

Instant Membership::lease_until() const {
  if (excluded_ || !view_.has(self().address)) return Instant{};
  const std::size_t others_needed = view_.members.size() / 2;  // with ourselves a majority
  if (others_needed == 0) return kNever;
  std::vector<Instant> support;
  for (const NodeInfo& m : view_.members) {
    const Peer* p = m.address == self().address ? nullptr : known(m.address);
    if (p && p->supports != Instant{}) support.push_back(p->supports);
  }
  if (support.size() < others_needed) return Instant{};
  std::sort(support.rbegin(), support.rend());
  return support[others_needed - 1] + options_.lease;
}

// ---- Connections

Membership::Actions Membership::connected(Instant now, const NodeInfo& node, const View& view) {
  Actions out;
  if (excluded_ || node.address == self().address) return out;
  notice_own_delay(now);
  for (auto& [address, other] : peers_) {
    // One name, one life at a time: the one before is over.
    if (address.name == node.address.name && address != node.address) {
      other.dead = address.incarnation < node.address.incarnation;
      other.linked = other.linked && !other.dead;
    }
  }
  Peer& p = peer(node);
  p.linked = true;
  p.broken = p.dead = false;
  p.heard = now;
  p.view = view;
  if (view_.members.empty()) {
    look_for_others(now, out);
  } else {
    if (!view.members.empty() && !view_.has(view.coordinator()) && acting(now)) connect(view.members.front(), out);
    offer_merge(now, out);
    decide(now, out);
  }
  return out;
}

Membership::Actions Membership::closed(Instant now, const Address& node, Closed how) {
  Actions out;
  Peer* p = known(node);
  if (excluded_ || p == nullptr) return out;
  notice_own_delay(now);
  p->linked = false;
  joiners_.erase(node);
  merging_.erase(node);
  if (how == Closed::refused) {
    p->dead = true;
  } else {
    p->broken = true;
    if (view_.has(node)) {
      MembershipAction a;
      a.kind = Kind::verify;
      a.node = p->node;
      out.push_back(std::move(a));
    }
  }
  if (!view_.members.empty()) decide(now, out);
  return out;
}

Membership::Actions Membership::leave(Instant now) {
  leaving_ = true;
  return tick(now);
}

// ---- Messages

Membership::Actions Membership::receive(Instant now, const Address& from, const Message& m) {
  Actions out;
  Peer* p = known(from);
  if (excluded_ || p == nullptr || p->dead) return out;
  notice_own_delay(now);
  p->heard = now;
  switch (m.kind) {
    case MessageKind::heartbeat: on_heartbeat(now, *p, m, out); break;
    case MessageKind::ack:
      if (view_.has(from)) p->supports = std::max(p->supports, instant_of(m.stamp));
      break;
    case MessageKind::join:
      joiners_[from] = {m.node, {m.linked.begin(), m.linked.end()}, now};
      if (!view_.members.empty() && !acting(now)) tell_view(from, MessageKind::excluded, out);  // it should ask our coordinator
      break;
    case MessageKind::merge: on_view_of_other(now, *p, m, out); break;
    case MessageKind::propose: on_propose(now, from, m, out); break;
    case MessageKind::promise: on_promise(now, from, m, out); break;
    case MessageKind::refuse: on_refuse(now, m); break;
    case MessageKind::install: on_install(now, from, m, out); break;
    case MessageKind::leave: p->leaving = true; break;
    case MessageKind::excluded: on_view_of_other(now, *p, m, out); break;
  }
  // These come all the time and ask for nothing that could not wait for the next tick.
  const bool ordinary = m.kind == MessageKind::heartbeat || m.kind == MessageKind::ack;
  if (!ordinary && !view_.members.empty() && !excluded_) decide(now, out);
  return out;
}

void Membership::on_heartbeat(Instant now, Peer& p, const Message& m, Actions& out) {
  const Address from = p.node.address;
  std::map<Address, Instant> unheard;
  for (const Address& a : m.unheard) unheard[a] = p.unheard.contains(a) ? p.unheard[a] : now;
  p.unheard = std::move(unheard);
  if (supported_.contains(from)) {
    Message ack;
    ack.kind = MessageKind::ack;
    ack.stamp = m.stamp;
    p.acked = now;
    send(from, std::move(ack), out);
  }
  if (view_.members.empty() || !(m.view < view_.id)) return;
  if (!view_.has(from)) tell_view(from, MessageKind::excluded, out);
  else if (coordinator()) tell_view(from, MessageKind::install, out);
}

/// Another node's view that we are not in: where to ask for a place, a view to unite with, or the news that the others
/// went on without us.
void Membership::on_view_of_other(Instant now, Peer& p, const Message& m, Actions& out) {
  const Address from = p.node.address;
  p.view = m.proposed;
  if (view_.members.empty() || m.proposed.has(self().address)) return;
  if (m.kind == MessageKind::excluded) {
    if (view_.has(from) && m.proposed.id > view_.id) on_excluded(now, p, m.proposed, out);
  } else if (!view_.has(from)) {
    if (m.proposed.coordinator() == from) merging_[from] = {m.proposed, now};
  } else if (m.proposed.id > view_.id) {
    p.elsewhere = true;
  } else if (coordinator()) {
    tell_view(from, MessageKind::install, out);  // the message that took it in was lost
  }
}

/// A member follows a view without us. If that is one of fewer than half of our members, and we are with more than half, it is the one
/// that went; our view goes on without it, and the two unite later. A node that was stopped finds its lease long gone.
void Membership::on_excluded(Instant now, Peer& p, const View& theirs, Actions& out) {
  const auto stayed = std::count_if(view_.members.begin(), view_.members.end(), [&](const NodeInfo& m) { return theirs.has(m.address); });
  const bool few = 2 * static_cast<std::size_t>(stayed) < view_.members.size();
  if (few && has_lease(now)) p.elsewhere = true;
  else if (!few || now > lease_until() + options_.patience) exclude(theirs, out);
}

void Membership::tell_view(const Address& whom, MessageKind kind, Actions& out) const {
  Message news;
  news.kind = kind;
  news.proposed = view_;
  send(whom, std::move(news), out);
}

void Membership::exclude(const View& theirs, Actions& out) {
  excluded_ = true;
  MembershipAction a;
  a.kind = Kind::excluded;
  a.view = theirs;
  a.before = view_;
  out.push_back(std::move(a));
}

// ---- Before there is a view

const View* Membership::best_known_view() const {
  const View* best = nullptr;
  for (const auto& [address, p] : peers_) {
    const bool usable = p.linked && !p.view.members.empty() && !p.view.has(self().address);
    if (usable && (best == nullptr || p.view.id > best->id)) best = &p.view;
  }
  return best;
}

void Membership::ask_to_join(Instant, const Address& whom, Actions& out) {
  Message m;
  m.kind = MessageKind::join;
  m.node = self();
  m.linked = linked();
  send(whom, std::move(m), out);
}

void Membership::look_for_others(Instant now, Actions& out) {
  if (const View* best = best_known_view()) {
    const View target = *best;
    for (const NodeInfo& member : target.members) connect(member, out);
    const Peer* coordinator = known(target.coordinator());
    ask_to_join(now, coordinator && coordinator->linked ? target.coordinator() : linked().front(), out);
    return;
  }
  Address first = self().address;
  for (const auto& [address, p] : peers_) {
    if (p.linked) first = std::min(first, address);
  }
  const Duration waited = now - started_;
  if (first != self().address) ask_to_join(now, first, out);
  // Whoever is not the first gives the first some time before it forms a view of its own, and so does whoever may just not have been
  // answered yet; the two would merge.
  const Duration patience = first == self().address && !answers_expected_ ? Duration{} : 2 * options_.patience;
  if (waited < options_.join_wait + patience) return;
  View alone;
  alone.id = {1, self().address};
  alone.members = {self()};
  install(now, alone, false, out);
}

}  // namespace holdfast::cluster
