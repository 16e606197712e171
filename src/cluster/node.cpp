// ClusterNode: drives Membership with a Runtime, and gives the layers above their calls.
#include "cluster/node.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "base/mutex.h"
#include "base/planted.h"
#include "cluster/channel.h"
#include "cluster/inbound.h"
#include "cluster/lane.h"
#include "cluster/strangers.h"

namespace holdfast::cluster {
namespace {

using Kind = MembershipAction::Kind;
using runtime::kControlLoop;
using runtime::LoopId;

constexpr Duration kDialTime = std::chrono::seconds(1);
constexpr Duration kSearchPause = std::chrono::milliseconds(50);        // while there is no view
constexpr Duration kSearchPauseLater = std::chrono::milliseconds(500);  // a coordinator, for views that went their own ways
constexpr Duration kAvoidStranger = std::chrono::seconds(5);            // where something else than a node of ours answered
constexpr std::size_t kAvoidedMax = 1024;
constexpr Duration kSearchEnds = std::chrono::seconds(4);

/// One way of finding others, and the fiber that goes it again and again.
struct Search {
  std::shared_ptr<Discovery> discovery;
  std::unique_ptr<runtime::Event> again, ended;
};

struct ByPlace {
  bool operator()(const runtime::Endpoint& a, const runtime::Endpoint& b) const { return std::tie(a.host, a.port) < std::tie(b.host, b.port); }
};

class Node final : public ClusterNode, public LaneOwner, public InboundOwner, public std::enable_shared_from_this<Node> {
 public:
  Node(runtime::Runtime& runtime, ClusterOptions options)
      : runtime_(runtime), options_(std::move(options)), in_view_(runtime.scheduler().make_event()), gone_(runtime.scheduler().make_event()) {}

  // ClusterNode
  void handle(Method method, RequestHandler handler) override { handlers_[method] = std::move(handler); }
  void listen_to_views(ViewListener listener) override { view_listeners_.push_back(std::move(listener)); }
  void listen_to_exclusion(std::function<void()> listener) override { exclusion_listeners_.push_back(std::move(listener)); }
  Status start() override;
  void leave(Instant deadline) override;
  void stop() override;
  Address self() const override {
    Locked locked(lock_);
    return self_.address;
  }
  std::shared_ptr<const View> view() const override {
    Locked locked(lock_);
    return view_;
  }
  bool has_lease() const override { return planted(Defect::lease_ignored) || runtime_.clock().now().time_since_epoch().count() < lease_until_.load(std::memory_order_acquire); }
  std::unique_ptr<PendingCall> begin_call(const Address& to, Method method, Bytes request) override;
  void tell(const Address& to, Method method, Bytes message) override;

  // LaneOwner, InboundOwner
  runtime::Runtime& runtime() override { return runtime_; }
  Hello hello(bool control) override;
  Status on_hello(Lane& lane, const Hello& hello) override;
  void on_down(Lane& lane) override;
  bool admit(const Hello& hello, const Address& answered, const runtime::ConnectionPtr& connection) override;
  void on_stranger(const std::string& host, const std::string& sentence) override;
  void on_membership(const NodeInfo& from, Message message) override;
  Result<Bytes> on_request(const Address& from, Method method, BytesView body) override;

 private:
  // All of these on the control loop.
  Status listen();
  void new_incarnation() HF_REQUIRES(lock_);
  void begin_life();
  template <class Event>
  void drive(Event event);
  void perform(Membership::Actions actions);
  void arm();
  void on_installed(const MembershipAction& action);
  void on_excluded();
  void dial(const runtime::Endpoint& to, const Address& whom);
  void dialed(const runtime::Endpoint& to, const Address& whom, const Status& how);
  Status start_discovery();
  Presence presence() const;
  void search(const Search& one);
  void search_now() {
    for (const Search& one : searches_) one.again->set();
  }
  void withdraw(Instant deadline);

  std::shared_ptr<Channel> channel(const Address& to) const;
  std::shared_ptr<Channel> open_channel(const NodeInfo& node);
  void drop_channel(const Address& whom);
  using Inbounds = std::vector<std::pair<Address, std::weak_ptr<runtime::Connection>>>;
  void drop_inbounds(FunctionRef<bool(const Address&)> of);
  void abort_all(const Inbounds& inbounds);
  void open_lane(const std::shared_ptr<Lane>& lane, const NodeInfo& to);
  void begin_on_loop(const Channel& c, LoopId loop, const std::shared_ptr<CallState>& call, std::uint64_t id, Method method, BytesView request);
  void on_loop(LoopId loop, Task task) { runtime_.scheduler().post(loop, std::move(task)); }
  LoopId loop_for_call();
  void call_self(const std::shared_ptr<CallState>& call, Method method, Bytes request);

  runtime::Runtime& runtime_;
  const ClusterOptions options_;
  std::map<Method, RequestHandler> handlers_;
  std::vector<ViewListener> view_listeners_;
  std::vector<std::function<void()>> exclusion_listeners_;
  const std::unique_ptr<runtime::Event> in_view_, gone_;
  std::unique_ptr<runtime::Listener> listener_;
  std::atomic<std::int64_t> lease_until_{0};
  std::atomic<std::uint64_t> next_call_{1};
  std::atomic<LoopId> next_loop_{0};
  std::atomic<bool> stopped_{false};
  std::atomic<bool> withdrawn_{false};  // it does not look for others any more, and should not be found
  std::vector<Search> searches_;        // filled by start()

  mutable SpinLock lock_;
  NodeInfo self_ HF_GUARDED_BY(lock_);
  std::shared_ptr<const View> view_ HF_GUARDED_BY(lock_) = std::make_shared<const View>();
  Channels channels_ HF_GUARDED_BY(lock_);
  Inbounds inbounds_ HF_GUARDED_BY(lock_);
  Strangers strangers_ HF_GUARDED_BY(lock_), foreign_ HF_GUARDED_BY(lock_);

  // Of the control loop.
  std::unique_ptr<Membership> machine_;
  std::unique_ptr<runtime::Timer> timer_;
  std::set<runtime::Endpoint, ByPlace> dialing_;
  std::map<runtime::Endpoint, Instant, ByPlace> avoided_;  // until then
  bool leaving_ = false;
};

// ---- Life

Status Node::start() {
  {
    Locked locked(lock_);
    new_incarnation();  // before anybody can hear of it
  }
  HF_TRY(listen());
  const std::shared_ptr<runtime::Event> begun = runtime_.scheduler().make_event();
  on_loop(kControlLoop, [self = shared_from_this(), begun] {
    self->begin_life();
    begun->set();
  });
  begun->wait(kNever);
  if (Status started = start_discovery(); !started.ok()) {
    stop();
    return started.error().in("the cluster's transport");
  }
  for (const Search& one : searches_) runtime_.scheduler().spawn(kControlLoop, [self = shared_from_this(), &one] { self->search(one); });
  in_view_->wait(kNever);
  return success();
}

Status Node::listen() {
  NodeInfo node = options_.membership.self;
  if (node.host.empty()) node.host = "127.0.0.1";
  runtime::ListenOptions listening;
  listening.output_bytes_max = options_.queue_bytes_max;
  const auto factory = [weak = weak_from_this()]() -> std::unique_ptr<runtime::Handler> {
    return make_inbound_handler(weak.lock());
  };
  for (std::uint32_t i = 0; i <= options_.port_range; ++i) {
    auto listener = runtime_.net().listen({node.host, static_cast<std::uint16_t>(node.port + i)}, factory, listening);
    if (listener.failed_with(Errc::address_in_use) && node.port != 0 && i < options_.port_range) continue;
    if (!listener.ok()) return listener.error().in("the cluster's transport");
    listener_ = std::move(*listener);
    node.port = listener_->local().port;
    Locked locked(lock_);
    node.address.incarnation = self_.address.incarnation;
    self_ = node;
    return success();
  }
  return Error(Errc::address_in_use, "the cluster's transport: every port from " + std::to_string(node.port) + " on is taken");
}

/// Later lives have larger numbers, also after a restart of the machine; the rest tells two of one millisecond apart.
void Node::new_incarnation() {
  const auto fresh = static_cast<std::uint64_t>(runtime_.clock().now_ms()) << 12 | (runtime_.random().next() & 0xfff);
  self_.address.incarnation = std::max(self_.address.incarnation + 1, fresh);
}

void Node::begin_life() {
  MembershipOptions o = options_.membership;
  {
    Locked locked(lock_);
    o.self = self_;
    view_ = std::make_shared<const View>();
  }
  // The others went on without this node, so they are there: it takes longer to believe that nobody is.
  if (machine_) o.join_wait = std::max(o.join_wait, o.hang);
  machine_ = std::make_unique<Membership>(o, runtime_.clock().now());
  search_now();
  drive([&](Instant now) { return machine_->tick(now); });
}

template <class Event>
void Node::drive(Event event) {
  if (stopped_) return;
  machine_->expect_answers(!dialing_.empty());
  perform(event(runtime_.clock().now()));
  if (machine_) lease_until_.store(machine_->lease_until().time_since_epoch().count(), std::memory_order_release);
  arm();
}

void Node::arm() {
  if (stopped_ || !machine_ || machine_->excluded()) return;
  timer_ = runtime_.scheduler().at(kControlLoop, machine_->next_tick(), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->drive([&](Instant now) { return self->machine_->tick(now); });
  });
}

void Node::perform(Membership::Actions actions) {
  for (const MembershipAction& a : actions) {
    switch (a.kind) {
      case Kind::send:
        if (const auto c = channel(a.to)) c->lanes[kControlLoop]->send(a.message);
        break;
      case Kind::connect:
      case Kind::verify: dial({a.node.host, a.node.port}, a.node.address); break;
      case Kind::installed: on_installed(a); break;
      case Kind::excluded: return on_excluded();
    }
  }
}

void Node::on_installed(const MembershipAction& action) {
  const std::string text = action.view.to_string();
  const char* what = action.merged ? "ISPN000093: Received new, MERGED cluster view for channel " : "ISPN000094: Received new cluster view for channel ";
  runtime_.log().info("cluster", what + options_.cluster_name + ": " + text);
  {
    Locked locked(lock_);
    view_ = std::make_shared<const View>(action.view);
  }
  const auto gone = [&](const Address& a) { return action.before.has(a) && !action.view.has(a); };
  for (const NodeInfo& m : action.before.members) {
    if (gone(m.address)) drop_channel(m.address);
  }
  // What it had sent and is still on its way must not arrive when it is a member again: it has tried elsewhere meanwhile.
  drop_inbounds(gone);
  for (const auto& listener : view_listeners_) listener(action.before, action.view, action.merged);
  in_view_->set();
}

void Node::on_excluded() {
  lease_until_.store(0, std::memory_order_release);
  Channels channels;
  Inbounds inbounds;
  {
    Locked locked(lock_);
    channels = channels_;
    inbounds.swap(inbounds_);
    if (!leaving_) new_incarnation();  // whoever is let in from now on meets the next life
  }
  for (const auto& [address, c] : channels) drop_channel(address);
  abort_all(inbounds);
  if (leaving_) {
    gone_->set();
    return;
  }
  runtime_.log().warn("cluster", "the other nodes went on without " + options_.membership.self.address.name + " (it was paused or cut off); it joins again, empty");
  for (const auto& listener : exclusion_listeners_) listener();
  begin_life();
}

void Node::leave(Instant deadline) {
  on_loop(kControlLoop, [self = shared_from_this()] {
    self->leaving_ = true;
    if (!self->machine_ || self->machine_->view().members.size() <= 1) self->gone_->set();
    else self->drive([&](Instant now) { return self->machine_->leave(now); });
  });
  gone_->wait(deadline);
  withdraw(deadline);
  stop();
}

/// No other node should try to reach this one any more.
void Node::withdraw(Instant deadline) {
  withdrawn_ = true;
  search_now();
  for (const Search& one : searches_) {
    if (one.ended->wait(std::min(deadline, runtime_.clock().now() + kSearchEnds))) one.discovery->withdraw();
  }
}

void Node::stop() {
  if (stopped_.exchange(true)) return;
  listener_.reset();
  const std::shared_ptr<runtime::Event> done = runtime_.scheduler().make_event();
  on_loop(kControlLoop, [self = shared_from_this(), done] {
    self->timer_.reset();
    for (const Search& one : self->searches_) one.discovery->stop();
    self->search_now();
    self->leaving_ = true;
    self->on_excluded();
    done->set();
  });
  if (runtime_.scheduler().current_loop() == runtime::kNoLoop || runtime_.scheduler().in_fiber()) done->wait(kNever);
}

// ---- Finding others

Presence Node::presence() const {
  Locked locked(lock_);
  const bool looking = view_->members.empty() || view_->coordinator() == self_.address;
  return {self_, options_.cluster_name, looking};
}

Status Node::start_discovery() {
  for (const auto& discovery : options_.discovery) {
    searches_.push_back({discovery, runtime_.scheduler().make_event(), runtime_.scheduler().make_event()});
  }
  for (const Search& one : searches_) {
    HF_TRY(one.discovery->start(runtime_, presence(), [weak = weak_from_this()](const runtime::Endpoint& at) {
      const auto self = weak.lock();
      if (!self || self->stopped_) return;
      const NodeInfo me = self->presence().node;
      if (at.host != me.host || at.port != me.port) self->dial(at, {});
    }));
  }
  return success();
}

void Node::search(const Search& one) {
  while (!stopped_ && !withdrawn_) {
    one.discovery->find(presence());
    const bool hurry = view()->members.empty();
    one.again->wait(runtime_.clock().now() + (hurry ? kSearchPause : kSearchPauseLater));
    one.again->reset();
  }
  one.ended->set();
}

/// `whom` is the node that is expected there; without a name whoever answers is welcome.
void Node::dial(const runtime::Endpoint& to, const Address& whom) {
  {
    Locked locked(lock_);
    for (const auto& [address, c] : channels_) {
      const bool stands = c->lanes[kControlLoop]->state() == Lane::State::up;
      if (stands && (whom.name.empty() ? c->node.host == to.host && c->node.port == to.port : address == whom)) return;
    }
  }
  if (const auto avoided = avoided_.find(to); avoided != avoided_.end() && whom.name.empty()) {
    if (runtime_.clock().now() < avoided->second) return;
    avoided_.erase(avoided);
  }
  if (stopped_ || !dialing_.insert(to).second) return;
  runtime_.scheduler().spawn(kControlLoop, [self = shared_from_this(), to, whom] {
    const auto lane = std::make_shared<Lane>(self->runtime_, self, kControlLoop, self->options_.queue_bytes_max);
    const Status opened = lane->open(to, self->runtime_.clock().now() + kDialTime);
    self->dialing_.erase(to);
    if (!self->stopped_ && !opened.ok()) self->dialed(to, whom, opened);
  });
}

/// In vain.
void Node::dialed(const runtime::Endpoint& to, const Address& whom, const Status& how) {
  const Instant now = runtime_.clock().now();
  switch (how.code()) {
    case Errc::refused:
      for (const Search& one : searches_) one.discovery->refused(to);
      if (!whom.name.empty()) drive([&](Instant at) { return machine_->closed(at, whom, Closed::refused); });
      break;
    case Errc::protocol_error: on_stranger(to.host, "port " + std::to_string(to.port) + " there: " + how.error().message()); [[fallthrough]];
    case Errc::permission_denied:
      if (avoided_.size() >= kAvoidedMax) std::erase_if(avoided_, [&](const auto& entry) { return entry.second <= now; });
      if (avoided_.size() < kAvoidedMax) avoided_[to] = now + kAvoidStranger;
      break;
    default: break;
  }
}

void Node::on_stranger(const std::string& host, const std::string& sentence) {
  std::optional<std::string> more;
  {
    Locked locked(lock_);
    more = strangers_.line(runtime_.clock().now(), host);
  }
  if (more) runtime_.log().warn("cluster", "what is at " + host + " is no node of ours and was turned away: " + sentence + *more);
}

Hello Node::hello(bool control) {
  Hello h;
  h.cluster = options_.cluster_name;
  h.control = control;
  Locked locked(lock_);
  h.node = self_;
  h.view = *view_;
  return h;
}

Status Node::on_hello(Lane& lane, const Hello& hello) {
  if (stopped_) return Error(Errc::stopped, "this node has stopped");
  if (hello.cluster != options_.cluster_name) return Error(Errc::permission_denied, "a node of cluster '" + hello.cluster + "'");
  if (hello.node.address == self()) return Error(Errc::permission_denied, "this node itself");
  if (lane.greeted_as() != self()) return Error(Errc::cancelled, "greeted by an earlier life of this node");
  if (!lane.control()) return success();
  const auto c = open_channel(hello.node);
  std::shared_ptr<Lane> before = lane.shared_from_this();
  {
    Locked locked(lock_);
    if (c->lanes[kControlLoop]->state() == Lane::State::up) return Error(Errc::already_exists, "one is enough");
    before.swap(c->lanes[kControlLoop]);
  }
  before->close(Error(Errc::node_suspected, "not connected to " + hello.node.address.name + " yet"));  // calls that began on it were not sent
  on_loop(kControlLoop, [self = shared_from_this(), hello] {
    self->drive([&](Instant now) { return self->machine_->connected(now, hello.node, hello.view); });
  });
  return success();
}

void Node::on_down(Lane& lane) {
  if (!lane.control() || stopped_) return;
  const Address whom = lane.node().address;
  const auto c = channel(whom);
  if (c && c->lanes[kControlLoop].get() != &lane) return;  // another one took its place
  on_loop(kControlLoop, [self = shared_from_this(), whom] {
    self->drive([&](Instant now) { return self->machine_->closed(now, whom, Closed::quietly); });
  });
}

bool Node::admit(const Hello& hello, const Address& answered, const runtime::ConnectionPtr& connection) {
  if (stopped_ || hello.node.address == answered) return false;
  std::optional<std::string> told;
  const bool ours = hello.cluster == options_.cluster_name;
  {
    Locked locked(lock_);
    if (answered != self_.address) return false;
    if (ours) {
      std::erase_if(inbounds_, [](const auto& inbound) { return inbound.second.expired(); });
      inbounds_.emplace_back(hello.node.address, connection);
    } else {
      told = foreign_.line(runtime_.clock().now(), hello.cluster);
    }
  }
  if (told) {
    runtime_.log().info("cluster", "node '" + hello.node.address.name + "' of cluster '" + hello.cluster + "' was turned away; this is cluster '" + options_.cluster_name + "'" + *told);
  }
  if (!ours) return false;
  if (hello.control) {
    on_loop(kControlLoop, [self = shared_from_this(), node = hello.node] { self->dial({node.host, node.port}, node.address); });
  }
  return true;
}

void Node::on_membership(const NodeInfo& from_node, Message message) {
  on_loop(kControlLoop, [self = shared_from_this(), from_node, from = from_node.address, message = std::move(message)] {
    if (!self->channel(from)) self->dial({from_node.host, from_node.port}, from);  // it reaches us, so it should be reached
    self->drive([&](Instant now) { return self->machine_->receive(now, from, message); });
  });
}

// ---- Channels and calls

std::shared_ptr<Channel> Node::channel(const Address& to) const {
  Locked locked(lock_);
  const auto at = channels_.find(to);
  return at == channels_.end() ? nullptr : at->second;
}

std::shared_ptr<Channel> Node::open_channel(const NodeInfo& node) {
  Locked locked(lock_);
  auto& c = channels_[node.address];
  if (c) return c;
  c = std::make_shared<Channel>();
  c->node = node;
  for (LoopId loop = 0; loop < runtime_.scheduler().loops(); ++loop) {
    c->lanes.push_back(std::make_shared<Lane>(runtime_, shared_from_this(), loop, options_.queue_bytes_max));
  }
  return c;
}

void Node::drop_channel(const Address& whom) {
  std::shared_ptr<Channel> c;
  {
    Locked locked(lock_);
    const auto at = channels_.find(whom);
    if (at == channels_.end()) return;
    c = std::move(at->second);
    channels_.erase(at);
  }
  for (const auto& lane : c->lanes) {
    on_loop(lane->loop(), [lane, whom] { lane->close(Error(Errc::node_suspected, whom.name + " is no member any more")); });
  }
}

void Node::drop_inbounds(FunctionRef<bool(const Address&)> of) {
  Inbounds dropped;
  {
    Locked locked(lock_);
    const auto kept = std::stable_partition(inbounds_.begin(), inbounds_.end(), [&](const auto& inbound) { return !of(inbound.first); });
    dropped.assign(kept, inbounds_.end());
    inbounds_.erase(kept, inbounds_.end());
  }
  abort_all(dropped);
}

void Node::abort_all(const Inbounds& inbounds) {
  for (const auto& [address, weak] : inbounds) {
    if (const auto connection = weak.lock()) on_loop(connection->loop(), [connection] { connection->abort(); });
  }
}

/// A lane of another loop than the control loop is opened by its first call.
void Node::open_lane(const std::shared_ptr<Lane>& lane, const NodeInfo& to) {
  if (lane->state() != Lane::State::down || lane->control()) return;
  runtime_.scheduler().spawn(lane->loop(), [lane, to, now = runtime_.clock().now()] { static_cast<void>(lane->open({to.host, to.port}, now + kDialTime)); });
}

LoopId Node::loop_for_call() {
  const LoopId here = runtime_.scheduler().current_loop();
  return here != runtime::kNoLoop ? here : next_loop_.fetch_add(1, std::memory_order_relaxed) % runtime_.scheduler().loops();
}

std::unique_ptr<PendingCall> Node::begin_call(const Address& to, Method method, Bytes request) {
  auto call = std::make_shared<CallState>(runtime_.scheduler().make_event());
  const std::uint64_t id = next_call_.fetch_add(1, std::memory_order_relaxed);
  if (to == self()) {
    call_self(call, method, std::move(request));
    return std::make_unique<PendingCallImpl>(runtime_, nullptr, kControlLoop, std::move(call), id);
  }
  const auto c = channel(to);
  if (!c) {
    call->finish(Error(Errc::node_suspected, to.name + " is no member"));
    return std::make_unique<PendingCallImpl>(runtime_, nullptr, kControlLoop, std::move(call), id);
  }
  const LoopId loop = loop_for_call();
  if (loop == runtime_.scheduler().current_loop()) {
    begin_on_loop(*c, loop, call, id, method, request);
  } else {
    on_loop(loop, [self = shared_from_this(), c, loop, call, id, method, request = std::move(request)] {
      self->begin_on_loop(*c, loop, call, id, method, request);
    });
  }
  return std::make_unique<PendingCallImpl>(runtime_, c, loop, std::move(call), id);
}

void Node::call_self(const std::shared_ptr<CallState>& call, Method method, Bytes request) {
  runtime_.scheduler().spawn(loop_for_call(), [self = shared_from_this(), from = this->self(), call, method, request = std::move(request)] {
    call->finish(self->on_request(from, method, request));
  });
}

void Node::begin_on_loop(const Channel& c, LoopId loop, const std::shared_ptr<CallState>& call, std::uint64_t id, Method method, BytesView request) {
  const auto lane = c.lanes[loop];
  open_lane(lane, c.node);
  lane->begin_call(call, id, method, request);
}

void Node::tell(const Address& to, Method method, Bytes message) {
  const auto c = channel(to);
  if (!c) return;
  const LoopId loop = loop_for_call();
  on_loop(loop, [self = shared_from_this(), c, loop, method, message = std::move(message)] {
    const auto lane = c->lanes[loop];
    self->open_lane(lane, c->node);
    lane->tell(method, message);
  });
}

Result<Bytes> Node::on_request(const Address& from, Method method, BytesView body) {
  const auto at = handlers_.find(method);
  if (at == handlers_.end()) return Error(Errc::not_supported, "there is no request " + std::to_string(method) + " here");
  return at->second(from, body);
}

/// What the user holds: stops the node when it goes.
class NodeHandle final : public ClusterNode {
 public:
  NodeHandle(runtime::Runtime& runtime, ClusterOptions options) : node_(std::make_shared<Node>(runtime, std::move(options))) {}
  ~NodeHandle() override { node_->stop(); }
  void handle(Method method, RequestHandler handler) override { node_->handle(method, std::move(handler)); }
  void listen_to_views(ViewListener listener) override { node_->listen_to_views(std::move(listener)); }
  void listen_to_exclusion(std::function<void()> listener) override { node_->listen_to_exclusion(std::move(listener)); }
  Status start() override { return node_->start(); }
  void stop() override { node_->stop(); }
  void leave(Instant deadline) override { node_->leave(deadline); }
  Address self() const override { return node_->self(); }
  std::shared_ptr<const View> view() const override { return node_->view(); }
  bool has_lease() const override { return node_->has_lease(); }
  std::unique_ptr<PendingCall> begin_call(const Address& to, Method m, Bytes request) override { return node_->begin_call(to, m, std::move(request)); }
  void tell(const Address& to, Method m, Bytes message) override { node_->tell(to, m, std::move(message)); }

 private:
  const std::shared_ptr<Node> node_;
};

}  // namespace

std::unique_ptr<ClusterNode> make_cluster_node(runtime::Runtime& runtime, ClusterOptions options) {
  return std::make_unique<NodeHandle>(runtime, std::move(options));
}

}  // namespace holdfast::cluster
