// What the next view is: who may propose it, who follows, when it is installed.
#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "cluster/membership.h"

namespace holdfast::cluster {
namespace {

using Kind = MembershipAction::Kind;

/// A grantor counts a lease a tenth longer than its holder does, so that clocks of different pace do no harm.
Duration granted(Duration lease) { return lease + lease / 10; }

bool same_members(const View& a, const View& b) {
  return std::equal(a.members.begin(), a.members.end(), b.members.begin(), b.members.end(),
                    [](const NodeInfo& x, const NodeInfo& y) { return x.address == y.address; });
}

}  // namespace

/// The first member that is neither suspected nor cut off nor gone elsewhere decides.
bool Membership::acting(Instant now) const {
  const std::set<Address> aside = cut_off(now);
  for (const NodeInfo& m : view_.members) {
    if (m.address == self().address) return true;
    if (!suspected(now, m.address) && !aside.contains(m.address) && !known(m.address)->elsewhere) return false;
  }
  return false;
}

/// Members that live and do not hear one another cannot work together. Who is part of most of these pairs goes, of two alike the
/// younger one: so a member that has gone deaf or dumb does not take healthy ones along. They say it for a while before, so that a
/// member that simply died is not taken for one that others do not hear.
std::set<Address> Membership::cut_off(Instant now) const {
  std::map<Address, std::set<Address>> pairs;
  for (const NodeInfo& m : view_.members) {
    const Peer* p = known(m.address);
    if (p == nullptr || p->unheard.empty() || suspected(now, m.address)) continue;
    for (const auto& [whom, since] : p->unheard) {
      if (now - since < options_.hang / 3 || !view_.has(whom) || suspected(now, whom)) continue;
      pairs[m.address].insert(whom);
      pairs[whom].insert(m.address);
    }
  }
  std::set<Address> gone;
  for (;;) {
    const NodeInfo* worst = nullptr;
    std::size_t most = 1;
    for (const NodeInfo& m : view_.members) {
      const auto at = pairs.find(m.address);
      if (at == pairs.end() || at->second.size() < most) continue;
      most = at->second.size();
      worst = &m;
    }
    if (worst == nullptr) return gone;
    for (const Address& other : std::exchange(pairs[worst->address], {})) pairs[other].erase(worst->address);
    gone.insert(worst->address);
  }
}

std::set<Address> Membership::to_remove(Instant now) const {
  std::set<Address> gone = cut_off(now);
  for (const NodeInfo& m : view_.members) {
    const Peer* p = known(m.address);
    const bool leaves = m.address == self().address ? leaving_ : p && (p->leaving || p->elsewhere);
    if (leaves || suspected(now, m.address)) gone.insert(m.address);
  }
  return gone;
}

View Membership::next_view(Instant now, bool& merged) const {
  const std::set<Address> gone = to_remove(now);
  View next;
  for (const NodeInfo& m : view_.members) {
    if (!gone.contains(m.address)) next.members.push_back(m);
  }
  next.id = {std::max({view_.id.number, promised_.number, seen_}), self().address};
  const std::vector<NodeInfo> staying = next.members;
  for (const auto& [coordinator, other] : merging_) {
    if (now - other.asked > 2 * options_.patience || !preferred(view_, other.view)) continue;
    merged = true;
    next.id.number = std::max(next.id.number, other.view.id.number);
    for (const NodeInfo& m : other.view.members) {
      if (!next.has(m.address)) next.members.push_back(m);
    }
  }
  for (const auto& [address, joiner] : joiners_) {
    const bool reaches_all = std::all_of(staying.begin(), staying.end(), [&, &joiner = joiner](const NodeInfo& m) {
      return m.address == self().address || joiner.linked.contains(m.address);
    });
    if (reaches_all && now - joiner.asked <= options_.patience && !next.has(address)) next.members.push_back(joiner.node);
  }
  ++next.id.number;
  return next;
}

void Membership::decide(Instant now, Actions& out) {
  if (excluded_) return;
  if (!acting(now)) give_up_proposal();
  if (now < not_before_ || !acting(now)) return;
  bool merged = false;
  View next = next_view(now, merged);
  if (next.members.empty()) return;  // the last one goes: nobody is left to tell
  if (!proposal_) {
    if (renew_ || !same_members(next, view_)) propose(now, std::move(next), merged, out);
    return;
  }
  const bool late = now > proposal_->until;
  // Also when it comes to the members that there are: who promised supports nobody whom the proposal left out.
  if (!same_members(next, proposal_->view) || (late && !proposal_->open.empty())) propose(now, std::move(next), merged, out);
}

/// Somebody may have promised, and supports nobody any more whom it left out: the view must be proposed anew.
void Membership::give_up_proposal() {
  renew_ = renew_ || proposal_.has_value();
  proposal_.reset();
}

/// Members that live and do not give us our lease have promised something that did not come: whoever decides shall propose the view
/// anew.
void Membership::ask_for_lease(Instant now, Actions& out) {
  if (now - std::max(lease_until(), asked_) <= 2 * options_.patience) return;
  asked_ = now;
  const auto heard = std::count_if(view_.members.begin(), view_.members.end(), [&](const NodeInfo& m) { return !silent(now, m.address, kProbesMissed * options_.heartbeat); });
  if (2 * static_cast<std::size_t>(heard) <= view_.members.size()) return;
  if (acting(now)) renew_ = true;
  else refuse(view_.coordinator(), view_.id, out);
}

/// How long those whom `next` leaves out may still hold a lease by our word.
Duration Membership::lease_left(Instant now, const View& next) const {
  Duration left{};
  for (const NodeInfo& m : view_.members) {
    const Peer* p = known(m.address);
    if (p && p->acked != Instant{} && !next.has(m.address) && !planted(Defect::lease_not_waited_for)) left = std::max(left, p->acked + granted(options_.lease) - now);
  }
  return left;
}

void Membership::support_only(const View& next) {
  std::erase_if(supported_, [&](const Address& a) { return !next.has(a); });
}

void Membership::propose(Instant now, View view, bool merged, Actions& out) {
  seen_ = view.id.number;
  Proposal p;
  p.merged = merged;
  p.until = now + options_.patience;
  p.install_at = now + lease_left(now, view);
  support_only(view);
  Message m;
  m.kind = MessageKind::propose;
  m.proposed = view;
  m.merged = merged;
  for (const NodeInfo& member : view.members) {
    if (member.address == self().address) continue;
    p.open.insert(member.address);
    connect(member, out);
    send(member.address, m, out);
  }
  p.view = std::move(view);
  proposal_ = std::move(p);
  install_if_ready(now, out);
}

/// A proposal may leave out only whom we do not hear either; one from outside of our view must take our coordinator along.
bool Membership::follows(Instant now, const Address& from, const View& proposed) const {
  if (view_.members.empty()) return true;
  const std::set<Address> aside = cut_off(now);
  const auto gone = [&](const Address& a) {
    const Peer* p = known(a);
    return suspected(now, a) || aside.contains(a) || (p && (p->leaving || p->elsewhere || p->broken || now - p->heard > options_.hang / 2));
  };
  for (const NodeInfo& m : view_.members) {
    if (m.address == from) return true;
    if (!proposed.has(m.address) && !(m.address == self().address ? leaving_ : gone(m.address))) return false;
    if (!view_.has(from)) return true;  // only the coordinator counts there
  }
  return true;
}

/// Something newer was promised, or is proposed by ourselves. (What we proposed and gave up binds nobody.)
bool Membership::outdated(const ViewId& proposal) const {
  return proposal < promised_ || (proposal_ && proposal < proposal_->view.id);
}

void Membership::refuse(const Address& whom, const ViewId& what, Actions& out) const {
  Message answer;
  answer.kind = MessageKind::refuse;
  answer.view = what;
  answer.stamp = std::max(promised_.number, seen_);
  send(whom, std::move(answer), out);
}

void Membership::on_propose(Instant now, const Address& from, const Message& m, Actions& out) {
  Message answer;
  answer.view = m.proposed.id;
  const bool again = m.proposed.id == promised_;
  if (!m.proposed.has(self().address) || outdated(m.proposed.id) || (!again && !follows(now, from, m.proposed))) {
    refuse(from, m.proposed.id, out);
    return;
  }
  promised_ = m.proposed.id;
  proposal_.reset();
  support_only(m.proposed);
  for (const NodeInfo& member : m.proposed.members) connect(member, out);
  answer.kind = MessageKind::promise;
  answer.lease_left = static_cast<std::uint64_t>(std::max(Duration{}, lease_left(now, m.proposed)).count());
  send(from, std::move(answer), out);
}

void Membership::on_promise(Instant now, const Address& from, const Message& m, Actions& out) {
  if (!proposal_ || m.view != proposal_->view.id || proposal_->open.erase(from) == 0) return;
  const Duration left = std::min(Duration(static_cast<Duration::rep>(m.lease_left)), 2 * options_.lease);
  proposal_->install_at = std::max(proposal_->install_at, now + left);
  install_if_ready(now, out);
}

void Membership::on_install(Instant now, const Address& from, const Message& m, Actions& out) {
  if (!m.proposed.has(self().address) || !(m.proposed.id > view_.id)) return;
  if (outdated(m.proposed.id)) refuse(from, m.proposed.id, out);
  else install(now, m.proposed, m.merged, out);
}

void Membership::on_refuse(Instant now, const Message& m) {
  if (acting(now) && m.view == view_.id) {
    seen_ = std::max(seen_, m.stamp);
    renew_ = true;
  }
  if (!proposal_ || m.view != proposal_->view.id) return;
  seen_ = std::max(seen_, m.stamp);
  give_up_proposal();
  not_before_ = now + options_.heartbeat;
}

void Membership::install_if_ready(Instant now, Actions& out) {
  if (!proposal_ || !proposal_->open.empty()) return;
  if (now < proposal_->install_at) {
    next_tick_ = std::min(next_tick_, proposal_->install_at);
    return;
  }
  const Proposal ready = std::move(*proposal_);
  Message m;
  m.kind = MessageKind::install;
  m.proposed = ready.view;
  m.merged = ready.merged;
  for (const NodeInfo& member : ready.view.members) {
    if (member.address != self().address) send(member.address, m, out);
  }
  install(now, ready.view, ready.merged, out);
}

void Membership::install(Instant now, const View& view, bool merged, Actions& out) {
  MembershipAction a;
  a.kind = Kind::installed;
  a.before = view_;
  a.view = view;
  a.merged = merged;
  out.push_back(std::move(a));
  view_ = view;
  asked_ = now;
  promised_ = std::max(promised_, view.id);
  renew_ = false;
  proposal_.reset();
  supported_.clear();
  for (const NodeInfo& m : view.members) {
    supported_.insert(m.address);
    joiners_.erase(m.address);
    merging_.erase(m.address);
    if (m.address == self().address) continue;
    Peer& p = peer(m);
    p.view = view;
    p.heard = std::max(p.heard, now);
    p.unheard.clear();
    p.elsewhere = false;
  }
  if (!view.has(self().address)) {
    exclude(view, out);  // we left
    return;
  }
  std::erase_if(peers_, [&](const auto& entry) { return !view_.has(entry.first) && !entry.second.linked; });
  heartbeat(now, out);
  decide(now, out);
}

bool Membership::preferred(const View& ours, const View& theirs) const {
  if (ours.members.size() != theirs.members.size()) return ours.members.size() > theirs.members.size();
  return ours.coordinator() < theirs.coordinator();
}

/// Tells whoever is in reach and not in our view about it: who looks for a view asks for a place in ours, and of the
/// coordinators of two views the preferred one proposes to unite.
void Membership::offer_merge(Instant now, Actions& out) {
  if (!acting(now) || planted(Defect::never_merges)) return;
  Message m;
  m.kind = MessageKind::merge;
  m.proposed = view_;
  for (const auto& [address, p] : peers_) {
    if (!p.linked || view_.has(address)) continue;
    if (planted(Defect::equal_ids_do_not_merge) && p.view.id.number == view_.id.number) continue;
    // What we know of its view may be old, so it is told even if it followed somebody else.
    send(address, m, out);
    if (!p.view.members.empty() && !view_.has(p.view.coordinator())) connect(p.view.members.front(), out);
  }
}

}  // namespace holdfast::cluster
