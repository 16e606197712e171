// Membership: who belongs to the cluster, as one node decides it: a state machine without I/O. It finds the others, joins
// or forms a view, notices who is gone, and knows whether this node may still answer reads by itself (its lease).
//
// How a view comes to be: the coordinator (the first member that is not suspected) proposes it; everybody in it promises
// to support nobody whom it leaves out any more; when all have promised, and every lease that was given to those left
// out has ended, it is installed. So a node that is cut off or paused has lost its lease before anybody goes on without it.
//
// A node holds its lease while a majority of its view has answered a heartbeat that it sent less than `lease` ago.
//
// Local health: who is late himself, or hears nobody of several at once, doubts himself first: it waits longer before it suspects
// others (`strain`), and its silence counts only while it is awake. Of members that live and do not hear one another, those go that
// most of these pairs have in common.
//
// Owner: the driver, on the control loop.  Threads: one at a time.  Waits: never.  Fails with: nothing; a node that the
// others went on without is told by `excluded` and must begin again with another incarnation.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/time.h"
#include "cluster/messages.h"

namespace holdfast::cluster {

struct MembershipOptions {
  NodeInfo self;
  Duration heartbeat = std::chrono::milliseconds(50);
  Duration lease = std::chrono::milliseconds(200);
  Duration hang = std::chrono::milliseconds(3000);      // silent for so long: removed
  Duration join_wait = std::chrono::milliseconds(300);  // a starting node looks for others so long before it is the first
  Duration patience = std::chrono::milliseconds(500);   // for promises, and for an answer to a join or merge
};

/// How a connection ended.
enum class Closed : std::uint8_t {
  quietly,  // it broke; the node behind it may live
  refused,  // nobody listens where the node listened, or another incarnation does: that life is over
};

struct MembershipAction {
  enum class Kind {
    send,      // `message` to `to`
    connect,   // a connection to `node` is wanted
    verify,    // the connection to `node` broke: find out whether it lives (then connected() or closed(refused))
    installed, // `view` is in force, from `before`; `merged`: it unites views that went their own ways
    excluded,  // the others went on without this node: `view` is theirs
  } kind = Kind::send;
  Address to;
  Message message;
  NodeInfo node;
  View view;
  View before;
  bool merged = false;
};

class Membership {
 public:
  using Actions = std::vector<MembershipAction>;

  Membership(const MembershipOptions& options, Instant now);

  /// To be called at next_tick() at the latest.
  Actions tick(Instant now);
  Instant next_tick() const { return next_tick_; }
  Actions receive(Instant now, const Address& from, const Message& message);
  /// A connection to a node stands; it said what view it is in (none: it looks for one).
  Actions connected(Instant now, const NodeInfo& node, const View& view);
  Actions closed(Instant now, const Address& node, Closed how);
  /// Has somebody who may be a node been called and not answered yet? Then a node without a view waits longer for others.
  void expect_answers(bool expected) { answers_expected_ = expected; }
  /// This node goes, its data handed over.
  Actions leave(Instant now);

  const View& view() const { return view_; }
  const NodeInfo& self() const { return options_.self; }
  bool coordinator() const { return !view_.members.empty() && view_.coordinator() == self().address; }
  bool excluded() const { return excluded_; }
  /// How many times longer than `hang` others may be silent at present, less one: 0 = this node is well.
  int strain() const { return strain_; }
  /// May this node answer a read from what it has, now?
  bool has_lease(Instant now) const { return now < lease_until(); }
  /// When its lease ends unless it is renewed; kNever for a node alone, the beginning of time for none.
  Instant lease_until() const;

 private:
  struct Peer {
    NodeInfo node;
    bool linked = false;
    bool dead = false;       // proven: its life is over
    bool leaving = false;
    bool elsewhere = false;  // a member of our view that follows another one now
    bool broken = false;     // the connection broke and was not proven dead or alive again
    Instant heard{};         // when it last said something
    Instant supports{};      // our clock when we sent the newest heartbeat that it acknowledged
    Instant acked{};         // when we last acknowledged one of its heartbeats
    std::map<Address, Instant> unheard;  // whom it does not hear, and since when it says so
    View view;               // that it said it is in
  };
  struct Proposal {
    View view;
    std::set<Address> open;  // who has not promised
    Instant until{};         // patience ends
    Instant install_at{};    // when the last lease of those left out has ended
    bool merged = false;
  };
  struct Joiner {
    NodeInfo node;
    std::set<Address> linked;
    Instant asked{};
  };
  struct OtherView {
    View view;
    Instant asked{};
  };

  // membership.cpp: what happens
  void heartbeat(Instant now, Actions& out);
  void on_heartbeat(Instant now, Peer& peer, const Message& m, Actions& out);
  void look_for_others(Instant now, Actions& out);
  bool suspected(Instant now, const Address& node) const;
  Peer& peer(const NodeInfo& node);
  Peer* known(const Address& address);
  const Peer* known(const Address& address) const;
  void send(const Address& to, Message message, Actions& out) const;
  void connect(const NodeInfo& node, Actions& out);
  void notice_own_delay(Instant now);
  void watch_own_health(Instant now);
  bool silent(Instant now, const Address& node, Duration limit) const;
  std::vector<Address> unheard(Instant now) const;
  void on_view_of_other(Instant now, Peer& peer, const Message& m, Actions& out);
  void on_excluded(Instant now, Peer& peer, const View& theirs, Actions& out);
  void tell_view(const Address& whom, MessageKind kind, Actions& out) const;
  void exclude(const View& theirs, Actions& out);
  const View* best_known_view() const;
  void ask_to_join(Instant now, const Address& whom, Actions& out);
  std::vector<Address> linked() const;

  // views.cpp: who decides what the next view is
  bool acting(Instant now) const;
  std::set<Address> to_remove(Instant now) const;
  std::set<Address> cut_off(Instant now) const;
  void decide(Instant now, Actions& out);
  void give_up_proposal();
  void ask_for_lease(Instant now, Actions& out);
  void propose(Instant now, View view, bool merged, Actions& out);
  void on_propose(Instant now, const Address& from, const Message& m, Actions& out);
  void on_promise(Instant now, const Address& from, const Message& m, Actions& out);
  void on_refuse(Instant now, const Message& m);
  void install_if_ready(Instant now, Actions& out);
  void install(Instant now, const View& view, bool merged, Actions& out);
  bool follows(Instant now, const Address& from, const View& proposed) const;
  View next_view(Instant now, bool& merged) const;
  Duration lease_left(Instant now, const View& next) const;
  void support_only(const View& next);
  bool outdated(const ViewId& proposal) const;
  void refuse(const Address& whom, const ViewId& what, Actions& out) const;
  void on_install(Instant now, const Address& from, const Message& m, Actions& out);
  void offer_merge(Instant now, Actions& out);
  bool preferred(const View& ours, const View& theirs) const;

  static constexpr int kProbesMissed = 4;  // heartbeats: who is silent for so long misses probes

  const MembershipOptions options_;
  const Instant started_;
  Instant next_tick_{};
  Instant awake_{};                      // when we last looked whether we are late
  Instant strained_{};                   // when we last were not well, or got better by one
  int strain_ = 0;
  Instant asked_{};                      // when the view was installed, or the lease last asked for
  View view_;
  ViewId promised_;                      // the highest that we promised to somebody else, or installed
  std::uint64_t seen_ = 0;               // the highest number of a view or proposal that we know of
  std::set<Address> supported_;          // whose heartbeats we acknowledge: the members of what we promised or installed
  std::map<Address, Peer> peers_;
  std::map<Address, Joiner> joiners_;    // who asked to be taken in
  std::map<Address, OtherView> merging_; // by its coordinator
  std::optional<Proposal> proposal_;
  Instant not_before_{};                 // after a refusal: when to propose again
  bool renew_ = false;                   // a member cannot take our view for a newer promise: propose it anew
  bool answers_expected_ = false;
  bool excluded_ = false;
  bool leaving_ = false;
};

}  // namespace holdfast::cluster
