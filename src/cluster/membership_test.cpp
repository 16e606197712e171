// Membership in a small world of its own: nodes, links with delays, cuts, pauses, crashes, restarts, one seed a story.
#include "cluster/membership.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <memory>
#include <queue>
#include <random>

namespace holdfast::cluster {
namespace {

using namespace std::chrono_literals;
using Kind = MembershipAction::Kind;

class World {
 public:
  World(int nodes, std::uint64_t seed) : random_(seed), nodes_(static_cast<std::size_t>(nodes)) {}

  void start(int i) {
    Node& n = nodes_[static_cast<std::size_t>(i)];
    MembershipOptions o = options;
    o.self.address = {std::string(1, static_cast<char>('a' + i)), ++n.lives};
    o.self.host = "h" + std::to_string(i);
    o.self.port = 7800;
    n.machine = std::make_unique<Membership>(o, now_);
    n.paused = false;
    n.links.clear();
    tick(i, n.lives);
    discover(i, n.lives);
  }
  /// kill -9: the others see their connections close, and nobody listens any more.
  void crash(int i) {
    const std::uint64_t life = self(i).incarnation;
    nodes_[static_cast<std::size_t>(i)].machine.reset();
    for (int j = 0; j < count(); ++j) {
      if (j == i || cut_.contains({i, j})) continue;
      after(delay(), [this, i, j, life] { close(j, i, life, Closed::quietly); });
    }
  }
  void pause(int i) { nodes_[static_cast<std::size_t>(i)].paused = true; }
  void resume(int i) {
    Node& n = nodes_[static_cast<std::size_t>(i)];
    n.paused = false;
    auto waiting = std::exchange(n.waiting, {});
    // A timer that was due meanwhile comes before or after what others sent.
    const bool timers_last = random_() % 2 == 0;
    for (const bool timers : {false, true}) {
      for (auto& [task, timer] : waiting) {
        if (timers_last ? timer == timers : !timers) after(1us, std::move(task));
      }
    }
  }
  void cut(int i, int j) { cut_.insert({i, j}); }
  void split(const std::set<int>& side) {
    for (int i : side) {
      for (int j = 0; j < count(); ++j) {
        if (!side.contains(j)) cut_.insert({{i, j}, {j, i}});
      }
    }
  }
  void heal() { cut_.clear(); }
  void leave(int i) { act(i, machine(i).leave(now_)); }
  void run(Duration d) {
    const Instant end = now_ + d;
    while (!events_.empty() && events_.top().when <= end) {
      auto task = std::move(const_cast<Event&>(events_.top()).task);
      now_ = events_.top().when;
      events_.pop();
      task();
    }
    now_ = end;
  }
  /// How long until the condition holds; at most `limit`.
  Duration time_until(Duration limit, const std::function<bool()>& condition) {
    const Instant begin = now_;
    while (!condition() && now_ - begin < limit) run(5ms);
    return now_ - begin;
  }
  bool alive(int i) const { return nodes_[static_cast<std::size_t>(i)].machine != nullptr; }
  Membership& machine(int i) { return *nodes_[static_cast<std::size_t>(i)].machine; }
  int count() const { return static_cast<int>(nodes_.size()); }
  Instant now() const { return now_; }
  /// Do all live nodes share one view of exactly themselves?
  bool united() {
    std::set<Address> all;
    for (int i = 0; i < count(); ++i) {
      if (alive(i)) all.insert(self(i));
    }
    for (int i = 0; i < count(); ++i) {
      if (!alive(i)) continue;
      std::set<Address> seen;
      for (const NodeInfo& m : machine(i).view().members) seen.insert(m.address);
      if (seen != all || machine(i).view().id != machine(first()).view().id) return false;
    }
    return true;
  }
  int first() const {
    for (int i = 0; i < count(); ++i) {
      if (alive(i)) return i;
    }
    return 0;
  }
  std::string story() {
    std::string out;
    for (int i = 0; i < count(); ++i) out += (alive(i) ? machine(i).view().to_string() : std::string("dead")) + "; ";
    return out;
  }

  MembershipOptions options;
  Duration slowest = 20ms;  // one message
  int views = 0;
  int exclusions = 0;
  int merges = 0;

 private:
  struct Node {
    std::unique_ptr<Membership> machine;
    std::uint64_t lives = 0;
    bool paused = false;
    std::vector<std::pair<std::function<void()>, bool>> waiting;  // what arrives while paused; is it a timer's?
    std::set<Address> links;
  };
  struct Event {
    Instant when;
    std::uint64_t order;
    std::function<void()> task;
    bool operator<(const Event& o) const { return std::tie(when, order) > std::tie(o.when, o.order); }
  };

  Address self(int i) { return machine(i).self().address; }
  int index(const NodeInfo& n) const { return n.address.name[0] - 'a'; }
  Duration delay() { return Duration(static_cast<Duration::rep>(50'000 + random_() % static_cast<std::uint64_t>(slowest.count()) / (random_() % 10 ? 20 : 1))); }
  void after(Duration d, std::function<void()> task) { events_.push({now_ + d, ++order_, std::move(task)}); }
  bool life_is(int i, std::uint64_t life) { return alive(i) && self(i).incarnation == life; }
  /// Runs the task in the node's life, when it is not paused.
  void in_life(int i, std::uint64_t life, std::function<void()> task, bool timer = false) {
    if (!life_is(i, life)) return;
    Node& n = nodes_[static_cast<std::size_t>(i)];
    if (n.paused) n.waiting.emplace_back([this, i, life, task = std::move(task), timer] { in_life(i, life, task, timer); }, timer);
    else task();
  }
  void tick(int i, std::uint64_t life) {
    in_life(i, life, [this, i, life] {
      act(i, machine(i).tick(now_));
      if (!life_is(i, life)) return;
      after(std::max<Duration>(machine(i).next_tick() - now_, 100us), [this, i, life] { tick(i, life); });
    }, true);
  }
  /// A static list of hosts: everybody without a view, and coordinators, knock on every door now and then.
  void discover(int i, std::uint64_t life) {
    in_life(i, life, [this, i, life] {
      const bool looks = machine(i).view().members.empty() || machine(i).coordinator();
      for (int j = 0; looks && j < count(); ++j) {
        if (j != i) dial(i, j);
      }
      after(machine(i).view().members.empty() ? 50ms : 500ms, [this, i, life] { discover(i, life); });
    });
  }
  void dial(int i, int j) {
    const std::uint64_t life = self(i).incarnation;
    if (cut_.contains({i, j}) || cut_.contains({j, i})) return;  // no answer
    after(delay(), [this, i, j, life] {
      if (!life_is(i, life)) return;
      if (!alive(j)) {
        for (const NodeInfo& m : machine(i).view().members) {
          if (index(m) == j) close(i, j, m.address.incarnation, Closed::refused);
        }
        return;
      }
      const std::uint64_t other = self(j).incarnation;
      in_life(j, other, [this, i, j, life, other] {
        if (!life_is(i, life)) return;
        nodes_[static_cast<std::size_t>(i)].links.insert(self(j));
        nodes_[static_cast<std::size_t>(j)].links.insert(self(i));
        act(j, machine(j).connected(now_, machine(i).self(), machine(i).view()));
        in_life(i, life, [this, i, j, other] {
          if (life_is(j, other)) act(i, machine(i).connected(now_, machine(j).self(), machine(j).view()));
        });
      });
    });
  }
  void close(int i, int gone, std::uint64_t life, Closed how) {
    if (!alive(i)) return;
    in_life(i, self(i).incarnation, [this, i, gone, life, how] {
      const Address address{std::string(1, static_cast<char>('a' + gone)), life};
      nodes_[static_cast<std::size_t>(i)].links.erase(address);
      act(i, machine(i).closed(now_, address, how));
    });
  }
  void act(int i, Membership::Actions actions) {
    for (MembershipAction& a : actions) {
      switch (a.kind) {
        case Kind::send: deliver(i, a.to, std::move(a.message)); break;
        case Kind::connect:
        case Kind::verify: dial(i, index(a.node)); break;
        case Kind::installed:
          check(i, a);
          disconnect(i, a);
          break;
        case Kind::excluded: begin_again(i); return;
      }
      if (!alive(i)) return;
    }
  }
  void deliver(int i, const Address& to, Message message) {
    const int j = to.name[0] - 'a';
    if (cut_.contains({i, j}) || !nodes_[static_cast<std::size_t>(i)].links.contains(to)) return;
    Bytes wire;
    append_message(wire, message);
    Instant& last = arrives_[{i, j}];  // one connection keeps its order
    last = std::max(last + 1ns, now_ + delay());
    after(last - now_, [this, i, j, to, wire, from = self(i)] {
      if (!life_is(j, to.incarnation) || cut_.contains({i, j})) return;
      in_life(j, to.incarnation, [this, j, wire, from] {
        if (!nodes_[static_cast<std::size_t>(j)].links.contains(from)) return;
        Reader in(wire);
        const auto m = read_message(in);
        ASSERT_TRUE(m && in.at_end());
        act(j, machine(j).receive(now_, from, *m));
      });
    });
  }
  void begin_again(int i) {
    ++exclusions;
    const std::uint64_t life = self(i).incarnation;
    nodes_[static_cast<std::size_t>(i)].machine.reset();
    for (int j = 0; j < count(); ++j) {
      if (j != i) close(j, i, life, Closed::quietly);
    }
    if (!leavers_.contains(i)) start(i);
  }
  /// The connections to those whom a view leaves out are reset: what arrived and was not read yet is lost with them.
  void disconnect(int i, const MembershipAction& a) {
    for (const NodeInfo& m : a.before.members) {
      const int j = index(m);
      if (a.view.has(m.address) || nodes_[static_cast<std::size_t>(i)].links.erase(m.address) == 0 || cut_.contains({i, j})) continue;
      after(delay(), [this, j, i, life = self(i).incarnation, other = m.address.incarnation] {
        if (!life_is(j, other)) return;
        nodes_[static_cast<std::size_t>(j)].links.erase({std::string(1, static_cast<char>('a' + i)), life});
        close(j, i, life, Closed::quietly);
      });
    }
  }
  /// Two nodes with one view id have one view; and nobody who was left out holds a lease, unless the rest is a minority.
  void check(int i, const MembershipAction& a) {
    ++views;
    merges += a.merged;
    const auto [at, fresh] = history_.emplace(a.view.id, a.view);
    EXPECT_EQ(at->second, a.view) << "one id, two views";
    EXPECT_LT(a.before.id, a.view.id) << "a view that goes backwards at " << i;
    std::size_t stayed = 0;
    for (const NodeInfo& m : a.before.members) stayed += a.view.has(m.address);
    if (2 * stayed < a.before.members.size()) return;
    for (const NodeInfo& m : a.before.members) {
      const int j = index(m);
      if (a.view.has(m.address) || !life_is(j, m.address.incarnation)) continue;
      const bool same_view = machine(j).view().id <= a.before.id && machine(j).view().has(self(i));
      EXPECT_FALSE(same_view && machine(j).has_lease(now_)) << "a lease of " << machine(j).view().to_string() << " at " << m.address.name << " outlived " << a.before.to_string() << ", now " << a.view.to_string();
    }
  }

  std::mt19937_64 random_;
  std::vector<Node> nodes_;
  Instant now_{std::chrono::hours(1)};
  std::uint64_t order_ = 0;
  std::priority_queue<Event> events_;
  std::set<std::pair<int, int>> cut_;
  std::map<std::pair<int, int>, Instant> arrives_;
  std::map<ViewId, View> history_;

 public:
  std::set<int> leavers_;
};

TEST(Membership, ANodeAloneIsItsOwnCoordinator) {
  World w(1, 1);
  w.start(0);
  w.run(1s);
  EXPECT_TRUE(w.united());
  EXPECT_TRUE(w.machine(0).has_lease(w.now()));
}

TEST(Membership, WhoMayNotHaveBeenAnsweredYetWaitsLongerBeforeItIsAClusterOfItsOwn) {
  for (const bool expected : {false, true}) {
    MembershipOptions options;
    options.self.address = {"a", 1};
    const Instant begin{1h};
    Membership machine(options, begin);
    machine.expect_answers(expected);
    machine.tick(begin + 1200ms);
    EXPECT_EQ(machine.view().members.empty(), expected);
    machine.tick(begin + 1350ms);
    EXPECT_FALSE(machine.view().members.empty());
  }
}

TEST(Membership, ThreeNodesStartedTogetherFormOneClusterWithinASecond) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World w(3, seed);
    for (int i = 0; i < 3; ++i) w.start(i);
    EXPECT_LE(w.time_until(5s, [&] { return w.united(); }), 1s) << seed << " " << w.story();
    EXPECT_EQ(w.merges, 0) << seed;
  }
}

TEST(Membership, ACrashIsNoticedWithin300MillisecondsAlsoOfTheCoordinator) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    World w(5, seed);
    for (int i = 0; i < 5; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.run(1s);
    w.slowest = 2ms;
    w.crash(static_cast<int>(seed % 5));
    EXPECT_LE(w.time_until(5s, [&] { return w.united(); }), 300ms) << seed << " " << w.story();
  }
}

TEST(Membership, AHangIsNoticedWithin4SecondsAndTheNodeBeginsAgain) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World w(3, seed);
    for (int i = 0; i < 3; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    const int victim = static_cast<int>(seed % 3), other = (victim + 1) % 3;
    w.pause(victim);
    EXPECT_LE(w.time_until(8s, [&] { return w.machine(other).view().members.size() == 2; }), 4s) << seed;
    EXPECT_FALSE(w.machine(victim).has_lease(w.now()));
    w.run(3s);
    w.resume(victim);
    EXPECT_LE(w.time_until(8s, [&] { return w.united(); }), 2s) << seed << " " << w.story();
    EXPECT_GE(w.exclusions, 1) << seed;
    EXPECT_EQ(w.merges, 0) << seed << ": it went on alone";
  }
}

TEST(Membership, AShortPauseCostsNobodyItsPlace) {
  World w(3, 3);
  for (int i = 0; i < 3; ++i) w.start(i);
  w.time_until(5s, [&] { return w.united(); });
  const int views = w.views;
  w.pause(1);
  w.run(2s);
  w.resume(1);
  w.run(5s);
  EXPECT_EQ(w.views, views);
  EXPECT_TRUE(w.machine(1).has_lease(w.now()));
}

TEST(Membership, ASplitMakesTwoViewsThatUniteAgain) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World w(5, seed);
    for (int i = 0; i < 5; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.split({0, 1});
    w.run(6s);
    EXPECT_EQ(w.machine(0).view().members.size(), 2U) << w.story();
    EXPECT_EQ(w.machine(3).view().members.size(), 3U) << w.story();
    w.heal();
    EXPECT_LE(w.time_until(8s, [&] { return w.united(); }), 3s) << seed << " " << w.story();
    EXPECT_GT(w.merges, 0) << seed;
  }
}

TEST(Membership, WhoDoesNotHearTheOthersDoesNotMakeThemBeginAgain) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    World w(5, seed);
    for (int i = 0; i < 5; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.run(1s);
    // It goes on alone, also if it was the coordinator; the others heard it all the time.
    const int deaf = static_cast<int>(seed % 5);
    for (int i = 0; i < 5; ++i) {
      if (i != deaf) w.cut(i, deaf);
    }
    w.run(6s);
    w.heal();
    EXPECT_LE(w.time_until(8s, [&] { return w.united(); }), 4s) << seed << " " << w.story();
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(i == deaf || w.machine(i).self().address.incarnation == 1) << seed << " " << w.story();
  }
}

TEST(Membership, OneOfTwoThatDoNotHearEachOtherGoes) {
  World w(4, 9);
  for (int i = 0; i < 4; ++i) w.start(i);
  w.time_until(5s, [&] { return w.united(); });
  w.cut(2, 3);
  w.cut(3, 2);
  w.run(8s);
  EXPECT_EQ(w.machine(0).view().members.size(), 3U) << w.story();
  w.heal();
  EXPECT_LE(w.time_until(8s, [&] { return w.united(); }), 3s) << w.story();
}

/// What others send to the node is lost; what it sends arrives.
void deafen(World& w, int node) {
  for (int i = 0; i < w.count(); ++i) {
    if (i != node) w.cut(i, node);
  }
}

TEST(Membership, ANodeThatHearsNobodyForAWhileCostsNobodyItsPlace) {
  for (int victim = 0; victim < 4; ++victim) {
    World w(4, 20 + static_cast<std::uint64_t>(victim));
    for (int i = 0; i < 4; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.run(1s);
    const int views = w.views;
    deafen(w, victim);
    w.run(1s);
    EXPECT_EQ(w.machine(victim).strain(), 1);
    EXPECT_FALSE(w.machine(victim).has_lease(w.now()));
    w.run(2500ms);
    w.heal();
    w.run(5s);
    EXPECT_EQ(w.views, views) << victim << " " << w.story();
    EXPECT_EQ(w.exclusions, 0) << victim;
    EXPECT_EQ(w.machine(victim).strain(), 0);
  }
}

TEST(Membership, WhoHearsNobodyGoesAloneWhoeverItIs) {
  for (int victim = 0; victim < 5; ++victim) {
    World w(5, 30 + static_cast<std::uint64_t>(victim));
    for (int i = 0; i < 5; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    std::vector<Address> before;
    for (int i = 0; i < 5; ++i) before.push_back(w.machine(i).self().address);
    const int other = (victim + 1) % 5;
    deafen(w, victim);
    EXPECT_LE(w.time_until(9s, [&] { return w.machine(other).view().members.size() == 4; }), 5s) << victim << " " << w.story();
    w.run(4s);
    w.heal();
    EXPECT_LE(w.time_until(9s, [&] { return w.united(); }), 3s) << victim << " " << w.story();
    for (int i = 0; i < 5; ++i) {
      if (i == victim) continue;
      EXPECT_EQ(w.machine(i).self().address, before[static_cast<std::size_t>(i)]) << victim;
    }
  }
}

TEST(Membership, AProposalThatCameToNothingCostsNobodyItsLease) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    World w(4, seed);
    for (int i = 0; i < 4; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.run(1s);
    w.slowest = 80ms;
    w.pause(3);
    w.run(2900ms + Duration(seed * 1'000'000));
    w.resume(3);
    w.run(5s);
    EXPECT_TRUE(w.united()) << seed << " " << w.story();
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(w.machine(i).has_lease(w.now())) << seed << " " << i << " " << w.story();
  }
}

TEST(Membership, WhoIsLateItselfIsSlowToSuspect) {
  World w(3, 40);
  for (int i = 0; i < 3; ++i) w.start(i);
  w.time_until(5s, [&] { return w.united(); });
  w.run(1s);
  EXPECT_EQ(w.machine(0).strain(), 0);
  for (int stops = 0; stops < 5; ++stops) {
    w.pause(0);
    w.run(500ms);
    w.resume(0);
    w.run(100ms);
  }
  EXPECT_EQ(w.machine(0).strain(), 3);
  w.run(5s);
  EXPECT_EQ(w.machine(0).strain(), 0);
}

TEST(Membership, WhoLeavesIsGoneAtOnce) {
  for (int who : {0, 2}) {
    World w(3, 4);
    for (int i = 0; i < 3; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.leavers_.insert(who);
    w.leave(who);
    EXPECT_LE(w.time_until(5s, [&] { return !w.alive(who) && w.united(); }), 500ms) << w.story();
  }
}

TEST(Membership, ARestartedNodeIsNeverTakenForItsFormerSelf) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    World w(3, seed);
    for (int i = 0; i < 3; ++i) w.start(i);
    w.time_until(5s, [&] { return w.united(); });
    w.crash(static_cast<int>(seed % 3));
    w.run(Duration(static_cast<Duration::rep>(seed) * 10ms));
    w.start(static_cast<int>(seed % 3));
    EXPECT_LE(w.time_until(8s, [&] { return w.united(); }), 2s) << seed << " " << w.story();
    EXPECT_EQ(w.machine(static_cast<int>(seed % 3)).self().address.incarnation, 2U);
  }
}

TEST(Membership, UnitesAfterAnyStoryOfFaults) {
  int merges = 0, exclusions = 0;
  const char* wanted = std::getenv("HOLDFAST_SEEDS");
  const std::uint64_t seeds = wanted ? std::strtoull(wanted, nullptr, 10) : 150;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed * 7919 + 1);
    const int n = 3 + static_cast<int>(random() % 5);
    World w(n, seed);
    for (int i = 0; i < n; ++i) w.start(i);
    for (int step = 0; step < 25; ++step) {
      const int i = static_cast<int>(random() % static_cast<std::uint64_t>(n)), j = static_cast<int>(random() % static_cast<std::uint64_t>(n));
      switch (random() % 8) {
        case 0: if (w.alive(i)) w.crash(i); break;
        case 1: if (!w.alive(i)) w.start(i); break;
        case 2: if (w.alive(i)) w.pause(i); break;
        case 3: if (w.alive(i)) w.resume(i); break;
        case 4: w.split({i, j}); break;
        case 5: w.cut(i, j); break;
        case 6: w.heal(); break;
        default: break;
      }
      w.run(Duration(static_cast<Duration::rep>(random() % 3'000'000'000)));
    }
    w.heal();
    for (int i = 0; i < n; ++i) {
      if (!w.alive(i)) w.start(i);
      else w.resume(i);
    }
    EXPECT_LE(w.time_until(30s, [&] { return w.united(); }), 15s) << seed << " " << w.story();
    merges += w.merges;
    exclusions += w.exclusions;
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(merges, 0);
  EXPECT_GT(exclusions, 0);
}

}  // namespace
}  // namespace holdfast::cluster
