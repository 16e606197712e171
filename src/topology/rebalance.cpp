#include "topology/rebalance.h"

#include <algorithm>
#include <utility>

#include "base/planted.h"
namespace holdfast::topology {
namespace {

using Kind = RebalanceAction::Kind;

constexpr std::size_t kMissingMax = 64;  // names; of more the first are forgotten

bool contains(const std::vector<HashMember>& nodes, const Address& address) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const HashMember& m) { return m.address == address; });
}

ConsistentHashPtr shared(ConsistentHash hash) { return std::make_shared<const ConsistentHash>(std::move(hash)); }

/// Everyone whom the topology concerns.
std::set<Address> members_of(const CacheTopology& t) {
  std::set<Address> all;
  for (const auto& table : {t.current, t.pending}) {
    if (!table) continue;
    for (const HashMember& m : table->members()) all.insert(m.address);
  }
  return all;
}

std::vector<std::uint32_t> ownerless(const ConsistentHash& table, const std::vector<HashMember>& staying) {
  std::vector<std::uint32_t> segments;
  for (std::uint32_t s = 0; s < table.segments(); ++s) {
    const auto owners = table.owners(s);
    const bool alive = std::any_of(owners.begin(), owners.end(), [&](NodeIndex n) { return contains(staying, table.members()[n].address); });
    if (!alive) segments.push_back(s);
  }
  return segments;
}

bool owns_any(const ConsistentHashPtr& table, const Address& address) {
  const NodeIndex n = table ? table->index_of(address) : kNoNode;
  if (n == kNoNode) return false;
  for (std::uint32_t s = 0; s < table->segments(); ++s) {
    if (table->owns(n, s)) return true;
  }
  return false;
}

/// `table` without those who are gone; a segment that lost all its owners falls to those that `other` knows, who have
/// at least a part of it.
ConsistentHash trimmed(const ConsistentHash& table, const ConsistentHash* other, const std::vector<HashMember>& staying) {
  const std::vector<std::uint32_t> empty = ownerless(table, staying);
  ConsistentHash rest = without_leavers(table, staying);
  if (!other || empty.empty()) return rest;
  const ConsistentHash help = without_leavers(*other, staying);
  const std::vector<std::uint32_t> hopeless = ownerless(*other, staying);
  std::vector<ConsistentHash::Owners> owners(rest.segments());
  for (std::uint32_t s = 0; s < rest.segments(); ++s) owners[s].assign(rest.owners(s).begin(), rest.owners(s).end());
  for (const std::uint32_t s : empty) {
    if (std::find(hopeless.begin(), hopeless.end(), s) != hopeless.end()) continue;
    ConsistentHash::Owners taken;
    for (const NodeIndex n : help.owners(s)) {
      const NodeIndex here = rest.index_of(help.members()[n].address);
      if (here != kNoNode) taken.push_back(here);
    }
    if (!taken.empty()) owners[s] = std::move(taken);
  }
  return ConsistentHash(rest.members(), owners);
}

/// `table` with `nodes` as members, those that are new to it without segments.
ConsistentHash with_members(const ConsistentHash& table, const std::vector<HashMember>& nodes) {
  return union_of(table, ConsistentHash(nodes, std::vector<ConsistentHash::Owners>(table.segments())));
}

RebalanceAction action(Kind kind, const CacheTopology& topology) {
  RebalanceAction a;
  a.kind = kind;
  a.topology = topology;
  return a;
}
RebalanceAction action(Kind kind, const CacheTopology& topology, const Address& node) {
  RebalanceAction a = action(kind, topology);
  a.node = node;
  return a;
}

}  // namespace

std::vector<HashMember> Rebalance::wanted() const {
  std::vector<HashMember> staying;
  for (const HashMember& m : nodes_) {
    if (!leaving_.contains(m.address)) staying.push_back(m);
  }
  return staying;
}

void Rebalance::install(RebalancePhase phase, ConsistentHashPtr current, ConsistentHashPtr pending, Actions& out) {
  ++topology_.id;
  std::erase_if(topology_.missing, [&](const std::string& name) {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const HashMember& m) { return m.address.name == name; });
  });
  topology_.phase = phase;
  topology_.current = std::move(current);
  topology_.pending = std::move(pending);
  awaited_ = members_of(topology_);
  out.push_back(action(Kind::install, topology_));
}

Rebalance::Actions Rebalance::join(const std::vector<HashMember>& nodes) {
  Actions out;
  std::vector<HashMember> fresh;
  for (const HashMember& m : nodes) {
    if (!contains(nodes_, m.address) && !contains(fresh, m.address)) fresh.push_back(m);
  }
  if (fresh.empty()) return out;
  nodes_.insert(nodes_.end(), fresh.begin(), fresh.end());
  if (!topology_.current) {
    // Nobody has data yet, so nothing has to move.
    install(RebalancePhase::none, shared(factory_->rebalance(shape_, nodes_, nullptr)), nullptr, out);
    out.push_back(action(Kind::stable, topology_));
  } else if (!topology_.rebalancing() || planted(Defect::join_restarts_rebalance)) {
    install(RebalancePhase::none, shared(with_members(*topology_.current, nodes_)), nullptr, out);
    start_if_due(out);
  }
  return out;  // during a rebalance newcomers wait for its end
}

Rebalance::Actions Rebalance::leave(const Address& node) {
  Actions out;
  if (!contains(nodes_, node) || !leaving_.insert(node).second) return out;
  if (!topology_.rebalancing()) start_if_due(out);
  return out;
}

Rebalance::Actions Rebalance::suspend(bool suspended) {
  Actions out;
  suspended_ = suspended;
  if (!suspended && topology_.current && !topology_.rebalancing()) start_if_due(out);
  return out;
}

Rebalance::Actions Rebalance::crashed(const std::vector<Address>& gone) {
  Actions out;
  const auto is_gone = [&](const HashMember& m) { return std::find(gone.begin(), gone.end(), m.address) != gone.end(); };
  if (std::erase_if(nodes_, is_gone) == 0) return out;
  for (const Address& address : gone) leaving_.erase(address);
  if (!topology_.current) return out;
  trim(out);
  return out;
}

/// Takes those who are gone out of both tables; a rebalance goes on with the rest.
void Rebalance::trim(Actions& out) {
  const std::vector<HashMember>& staying = nodes_;
  const auto concerned = members_of(topology_);
  const bool changes = std::any_of(concerned.begin(), concerned.end(), [&](const Address& a) { return !contains(staying, a); });
  if (!changes) return;
  note_missing(concerned);
  const CacheTopology before = topology_;
  const std::vector<std::uint32_t> lost = ownerless(before.readers(), staying);
  auto current = shared(trimmed(*before.current, before.pending.get(), staying));
  auto pending = before.pending ? shared(trimmed(*before.pending, before.current.get(), staying)) : nullptr;
  install(before.phase, std::move(current), std::move(pending), out);
  if (!lost.empty()) {
    out.push_back(action(Kind::lost, topology_));
    out.back().segments = lost;
  }
  if (!topology_.rebalancing()) start_if_due(out);
}

/// Who owned something may have taken it to the other side of a split.
void Rebalance::note_missing(const std::set<Address>& concerned) {
  std::vector<std::string>& missing = topology_.missing;
  for (const Address& a : concerned) {
    if (contains(nodes_, a) || !(owns_any(topology_.current, a) || owns_any(topology_.pending, a))) continue;
    if (std::find(missing.begin(), missing.end(), a.name) == missing.end()) missing.push_back(a.name);
  }
  if (missing.size() > kMissingMax) missing.erase(missing.begin(), missing.end() - kMissingMax);
}

Rebalance::Actions Rebalance::confirm(const Address& node, std::uint32_t topology_id) {
  Actions out;
  const bool counts = topology_id == topology_.id || planted(Defect::stale_confirmation_kept);
  if (!counts || awaited_.erase(node) == 0 || !(awaited_.empty() || planted(Defect::phase_before_all_confirm))) return out;
  if (topology_.rebalancing()) advance(out);
  return out;
}

void Rebalance::advance(Actions& out) {
  const CacheTopology now = topology_;
  switch (now.phase) {
    case RebalancePhase::none: break;
    case RebalancePhase::read_old_write_all: install(RebalancePhase::read_all_write_all, now.current, now.pending, out); break;
    case RebalancePhase::read_all_write_all: install(RebalancePhase::read_new_write_all, now.current, now.pending, out); break;
    case RebalancePhase::read_new_write_all: finish(out); break;
  }
}

void Rebalance::finish(Actions& out) {
  const ConsistentHashPtr reached = topology_.pending;
  // Whoever asked to leave and owns nothing now is no member any more; whoever came meanwhile is one without segments.
  std::vector<Address> handed_over;
  for (const Address& node : leaving_) {
    if (reached->index_of(node) == kNoNode) handed_over.push_back(node);
  }
  std::erase_if(nodes_, [&](const HashMember& m) { return std::find(handed_over.begin(), handed_over.end(), m.address) != handed_over.end(); });
  install(RebalancePhase::none, shared(with_members(*reached, nodes_)), nullptr, out);
  for (const Address& node : handed_over) {
    leaving_.erase(node);
    out.push_back(action(Kind::handed_over, topology_, node));
  }
  start_if_due(out);
}

void Rebalance::start_if_due(Actions& out) {
  const std::vector<HashMember> members = wanted();
  if (suspended_ || members.empty()) return strand_leavers(out);
  auto target = shared(factory_->rebalance(shape_, members, topology_.current.get()));
  if (*target == *topology_.current) {
    out.push_back(action(Kind::stable, topology_));
    return;
  }
  // What was to be installed at once before need not be: members tell by a gap between ids that they missed something.
  if (std::erase_if(out, [](const RebalanceAction& a) { return a.kind == Kind::install; }) != 0) --topology_.id;
  ++topology_.rebalance_id;
  install(RebalancePhase::read_old_write_all, topology_.current, std::move(target), out);
}

void Rebalance::strand_leavers(Actions& out) {
  for (const Address& node : std::exchange(leaving_, {})) out.push_back(action(Kind::stranded, topology_, node));
}

Rebalance::Actions Rebalance::recover(const CacheTopology& newest, const std::vector<HashMember>& alive) {
  if (!newest.current) return join(alive);
  Actions out;
  nodes_ = alive;
  topology_ = newest;
  if (!topology_.rebalancing()) topology_.current = shared(with_members(*topology_.current, nodes_));
  trim(out);
  if (!out.empty()) return out;
  // Nobody is gone, but who had confirmed what went with the old coordinator: ask again under a new id.
  install(topology_.phase, topology_.current, topology_.pending, out);
  if (!topology_.rebalancing()) start_if_due(out);
  return out;
}

}  // namespace holdfast::topology
