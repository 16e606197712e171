#include <holdfast/detail/raw_cache.h>

#include "engine/local_cache.h"
#include "local/world.h"

namespace holdfast::detail {
namespace {

class EventLatch final : public Latch {
 public:
  explicit EventLatch(runtime::Runtime& runtime) : runtime_(runtime), event_(runtime.scheduler().make_event()) {}
  void set() override { event_->set(); }
  bool wait_for(std::chrono::nanoseconds at_most) override {
    const bool forever = at_most == std::chrono::nanoseconds::max();
    return event_->wait(forever ? kNever : runtime_.clock().now() + at_most);
  }
  std::unique_ptr<Latch> another() const override { return std::make_unique<EventLatch>(runtime_); }

 private:
  runtime::Runtime& runtime_;
  const std::unique_ptr<runtime::Event> event_;
};

RawEvent raw_event(const engine::Event& e) {
  RawEvent raw;
  raw.kind = e.kind;
  raw.before = e.pre;
  raw.current_state = e.current_state;
  raw.key = e.key;
  raw.value = e.value;
  raw.has_old_value = e.previous != nullptr && (e.kind == EventKind::modified || e.kind == EventKind::removed);
  if (raw.has_old_value) raw.old_value = e.previous->value;
  raw.metadata = e.metadata;
  return raw;
}

}  // namespace

RawCache::RawCache(std::shared_ptr<World> world, std::shared_ptr<engine::LocalCache> cache)
    : world_(std::move(world)), cache_(std::move(cache)) {}
RawCache::~RawCache() = default;

const std::string& RawCache::name() const { return cache_->name(); }
const CacheConfiguration& RawCache::configuration() const { return cache_->configuration(); }
bool RawCache::running() const { return cache_->running(); }

// ---- Entries

bool RawCache::get(std::string_view key, Flag flags, Blob& value) const {
  return checked(cache_->read({kNever, flags}, key, [&value](const EntryView& entry) { value.assign(entry.value); }));
}

bool RawCache::get_entry(std::string_view key, Flag flags, Blob& value, Metadata& metadata) const {
  return checked(cache_->read({kNever, flags}, key, [&](const EntryView& entry) {
    value.assign(entry.value);
    metadata = entry.metadata;
  }));
}

bool RawCache::contains(std::string_view key, Flag flags) const { return checked(cache_->contains({kNever, flags}, key)); }

Written RawCache::write(Mutation& mutation, Blob* previous) const {
  const auto keep = [previous](const EntryView& entry) { previous->assign(entry.value); };
  const FunctionRef<void(const EntryView&)> show(keep);
  if (previous != nullptr) mutation.show_previous = &show;
  const Result<Outcome> outcome = cache_->write({}, mutation);
  if (!outcome.ok()) raise(outcome.error());
  return {outcome->kind, outcome->had_previous, outcome->version};
}

void RawCache::clear(Flag flags) const { check(cache_->clear({kNever, flags})); }
std::uint64_t RawCache::size() const { return checked(cache_->size({})); }
std::uint32_t RawCache::segments() const { return cache_->segments(); }
std::uint32_t RawCache::segment(std::string_view key) const { return cache_->segment(key); }

void RawCache::for_each(const std::vector<bool>* segments, FunctionRef<bool(const EntryView&)> visit) const {
  check(cache_->for_each({}, {segments}, visit));
}

void RawCache::process_expiration() const { cache_->process_expiration(); }

// ---- Statistics and attributes

CacheStatistics RawCache::statistics() const { return cache_->statistics(); }
void RawCache::reset_statistics() const { cache_->reset_statistics(); }

void RawCache::set_attribute(const std::string& path, const std::string& value) const {
  check(cache_->set_attribute(path, value));
}

// ---- Listeners

std::uint64_t RawCache::add_listener(RawListener listener) const {
  if (!running()) throw CacheException(Errc::stopped, "cache '" + name() + "' is stopped and takes no listeners");
  engine::ListenerSpec spec;
  spec.kinds = listener.kinds;
  spec.pre = listener.before;
  spec.asynchronous = listener.asynchronous;
  spec.include_current_state = listener.include_current_state;
  Logger& log = world_->runtime().log();
  const std::string what = "a listener of cache '" + name() + "'";
  if (listener.filter) {
    spec.filter = [&log, what, filter = std::move(listener.filter)](const engine::Event& event) {
      bool wanted = false;
      guarded(log, what + ", in its filter,", [&] { wanted = filter(raw_event(event)); });
      return wanted;
    };
  }
  spec.deliver = [&log, what, deliver = std::move(listener.deliver)](const engine::Event& event) {
    guarded(log, what, [&] { deliver(raw_event(event)); });
  };
  return cache_->add_listener(std::move(spec));
}

void RawCache::remove_listener(std::uint64_t id) const { cache_->remove_listener(id); }

// ---- Asynchronous operations

bool RawCache::may_wait() const { return cache_->writers_may_wait(); }
void RawCache::run_elsewhere(std::function<void()> task) const { world_->run_elsewhere(std::move(task)); }
std::unique_ptr<Latch> RawCache::make_latch() const { return std::make_unique<EventLatch>(world_->runtime()); }

}  // namespace holdfast::detail
