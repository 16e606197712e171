#include "engine/listeners.h"

#include <algorithm>

#include "base/thread_marks.h"

namespace holdfast::engine {
namespace {

/// Beyond this an asynchronous listener holds its writers back until it has caught up.
constexpr std::size_t kQueuedEventsMax = 65536;
constexpr Duration kRoomTimeout = std::chrono::seconds(10);

}  // namespace

// ---- Listeners

Listeners::~Listeners() { close(); }

Listeners::Snapshot Listeners::snapshot() const {
  Locked locked(lock_);
  return subscriptions_;
}

void Listeners::install(std::vector<std::shared_ptr<Subscription>> subscriptions) {
  std::uint32_t kinds = 0, pre_kinds = 0;
  for (const auto& s : subscriptions) {
    kinds |= s->spec().kinds;
    if (s->spec().pre) pre_kinds |= s->spec().kinds & ~bit(EventKind::visited);
  }
  subscriptions_ = std::make_shared<const std::vector<std::shared_ptr<Subscription>>>(std::move(subscriptions));
  kinds_.store(kinds, std::memory_order_seq_cst);
  pre_kinds_.store(pre_kinds, std::memory_order_seq_cst);
}

std::shared_ptr<Subscription> Listeners::add(ListenerSpec spec) {
  ListenerId id = 0;
  {
    Locked locked(lock_);
    id = next_id_++;
  }
  auto subscription = std::make_shared<Subscription>(runtime_, order_, std::move(spec), id);
  Locked locked(lock_);
  auto all = subscriptions_ ? *subscriptions_ : std::vector<std::shared_ptr<Subscription>>();
  all.push_back(subscription);
  install(std::move(all));
  return subscription;
}

bool Listeners::remove(ListenerId id) {
  std::shared_ptr<Subscription> found;
  {
    Locked locked(lock_);
    if (!subscriptions_) return false;
    auto all = *subscriptions_;
    const auto at = std::find_if(all.begin(), all.end(), [&](const auto& s) { return s->id() == id; });
    if (at == all.end()) return false;
    found = *at;
    all.erase(at);
    install(std::move(all));
  }
  found->close();
  return true;
}

void Listeners::close() {
  Snapshot all;
  {
    Locked locked(lock_);
    all = std::move(subscriptions_);
    install({});
  }
  if (!all) return;
  for (const auto& s : *all) s->close();
}

void Listeners::publish(const Event& event) const {
  const Snapshot all = snapshot();
  if (!all) return;
  for (const auto& s : *all) s->offer(event);
}

void Listeners::report_gap() const {
  const Snapshot all = snapshot();
  if (!all) return;
  for (const auto& s : *all) {
    if (s->spec().missed) s->spec().missed();
  }
}

// ---- Subscription

/// One delivery; false when the subscription was closed before. Ends also when the listener throws. It marks its thread, so
/// that a listener may remove itself. (A fiber that parks inside of a listener leaves its mark there meanwhile; another
/// fiber of the same loop that removes this listener then does not wait for it.)
class Subscription::Turn {
 public:
  explicit Turn(Subscription& s) : subscription_(s), granted_(s.begin()) {
    if (granted_) mark_inside(&s);
  }
  ~Turn() {
    if (!granted_) return;
    unmark_inside(&subscription_);
    subscription_.end();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  explicit operator bool() const { return granted_; }

 private:
  Subscription& subscription_;
  const bool granted_;
};

/// An event that owns what it shows, for the queue.
struct Subscription::Copied {
  explicit Copied(const Event& from) : event(from), key(from.key), value(from.value) {
    if (from.previous) previous = *from.previous;
    event.key = key;
    event.value = value;
    event.previous = from.previous ? &*previous : nullptr;
  }
  Event event;
  Bytes key;
  Bytes value;
  std::optional<Entry> previous;
};

Subscription::Subscription(runtime::Runtime& runtime, KeyOrder& order, ListenerSpec spec, ListenerId id)
    : runtime_(runtime),
      spec_(std::move(spec)),
      id_(id),
      need_(order),
      replaying_(spec_.include_current_state),
      idle_(runtime.scheduler().make_event()),
      room_(runtime.scheduler().make_event()) {}

void Subscription::offer(const Event& event) {
  if ((spec_.kinds & bit(event.kind)) == 0 || (event.pre && !spec_.pre)) return;
  if (!event.pre) {
    Locked locked(lock_);
    if (replaying_) heard_.emplace(event.key);
  }
  deliver(event);
}

void Subscription::offer_current_state(const EntryView& entry) {
  {
    Locked locked(lock_);
    if (heard_.contains(Bytes(entry.key))) return;
  }
  Event event;
  event.kind = EventKind::created;
  event.current_state = true;
  event.key = entry.key;
  event.value = entry.value;
  event.metadata = entry.metadata;
  deliver(event);
}

void Subscription::end_replay() {
  Locked locked(lock_);
  replaying_ = false;
  heard_.clear();
}

void Subscription::deliver(const Event& event) {
  if (spec_.filter && !spec_.filter(event)) return;
  if (spec_.asynchronous) return enqueue(event);
  if (Turn turn(*this); turn) spec_.deliver(event);
}

bool Subscription::begin() {
  Locked locked(lock_);
  if (closed_) return false;
  ++running_;
  return true;
}

void Subscription::end() {
  Locked locked(lock_);
  if (--running_ == 0 && closed_) idle_->set();
}

void Subscription::enqueue(const Event& event) {
  auto copied = std::make_unique<Copied>(event);
  runtime::Scheduler& scheduler = runtime_.scheduler();
  bool full = false, start = false;
  {
    Locked locked(lock_);
    if (closed_) return;
    queue_.push_back(std::move(copied));
    full = queue_.size() >= kQueuedEventsMax;
    if (full) room_->reset();
    start = !std::exchange(draining_, true);
  }
  if (start) scheduler.spawn(runtime::kControlLoop, [self = shared_from_this()] { self->drain(); });
  // The control loop itself must not wait for the control loop, and a plain task may not wait at all.
  const bool may_wait = scheduler.current_loop() == runtime::kNoLoop ||
                        (scheduler.in_fiber() && scheduler.current_loop() != runtime::kControlLoop);
  if (full && may_wait) room_->wait(runtime_.clock().now() + kRoomTimeout);
}

void Subscription::drain() {
  for (;;) {
    std::vector<std::unique_ptr<Copied>> batch;
    {
      Locked locked(lock_);
      batch.swap(queue_);
      if (batch.empty() || closed_) {
        draining_ = false;
        return;
      }
    }
    room_->set();
    for (const auto& copied : batch) {
      if (Turn turn(*this); turn) spec_.deliver(copied->event);
    }
  }
}

void Subscription::close() {
  const bool inside = is_inside(this);
  {
    Locked locked(lock_);
    closed_ = true;
    if (running_ == 0) idle_->set();
  }
  room_->set();
  const runtime::Scheduler& scheduler = runtime_.scheduler();
  const bool may_wait = scheduler.current_loop() == runtime::kNoLoop || scheduler.in_fiber();
  if (!inside && may_wait) idle_->wait(kNever);
}

}  // namespace holdfast::engine
