#include <holdfast/detail/raw_cache.h>

#include <exception>

#include "engine/local_cache.h"
#include "local/conversion.h"
#include "local/world.h"
#include "runtime/latch.h"

namespace holdfast::detail {
namespace {

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

/// What a handle converts, when the cache declares an encoding.
struct Conversions {
  Conversion key;
  Conversion value;
};

namespace {

std::unique_ptr<const Conversions> conversions_for(const EncodingConfiguration& stored, std::string_view key_type, std::string_view value_type) {
  Conversions c{{key_type, stored.key_media_type}, {value_type, stored.value_media_type}};
  return c.key.identity() && c.value.identity() ? nullptr : std::make_unique<const Conversions>(std::move(c));
}

}  // namespace

RawCache::RawCache(std::shared_ptr<World> world, std::shared_ptr<engine::LocalCache> cache, std::string_view key_type, std::string_view value_type)
    : world_(std::move(world)),
      cache_(std::move(cache)),
      conversions_(conversions_for(cache_->configuration().encoding, key_type, value_type)),
      interceptors_(world_->interceptors_of(cache_)) {}
RawCache::~RawCache() = default;

std::shared_ptr<const RawCache> RawCache::with_media_types(std::string_view key_type, std::string_view value_type) const {
  return std::make_shared<const RawCache>(world_, cache_, key_type, value_type);
}

const std::string& RawCache::name() const { return cache_->name(); }
const CacheConfiguration& RawCache::configuration() const { return cache_->configuration(); }
bool RawCache::running() const { return cache_->running(); }

// ---- Interceptors

namespace {

OperationKind kind_of(Effect effect) {
  switch (effect) {
    case Effect::put: return OperationKind::put;
    case Effect::remove:
    case Effect::expire: return OperationKind::remove;
    case Effect::touch: return OperationKind::touch;
    case Effect::apply: return OperationKind::compute;
    case Effect::evict: break;
  }
  return OperationKind::evict;
}

bool took_place(bool found) { return found; }
bool took_place(const Written& written) { return written.done(); }
bool took_place(std::uint64_t) { return true; }

CacheException not_with_simple(const std::string& cache, const char* what) {
  return {Errc::not_supported, "cache '" + cache + "': ISPN000381: a simple cache does not support " + what +
                                   "; define it without simple-cache=\"true\""};
}

}  // namespace

/// The key is the program's; interceptors are told the stored one, and each makes it the key of its own handle.
template <class F>
auto RawCache::intercepted(OperationKind kind, std::string_view key, F operation) const {
  if (!interceptors_->any()) return operation();
  const Bytes stored = conversions_ && has_key(kind) ? conversions_->key.to_storage(key) : Bytes(key);
  Interceptors::Passage passage(*interceptors_, kind, stored);
  const auto result = operation();
  passage.set_done(took_place(result));
  return result;
}

std::uint64_t RawCache::add_interceptor(RawInterceptor interceptor) const {
  if (configuration().simple) throw not_with_simple(name(), "interceptors");
  if (conversions_) {
    const auto program_key = [key = conversions_->key](OperationKind kind, std::string_view stored) {
      return has_key(kind) ? key.to_program(stored) : Bytes();
    };
    if (interceptor.before) {
      interceptor.before = [program_key, before = std::move(interceptor.before)](OperationKind kind, std::string_view key) {
        before(kind, program_key(kind, key));
      };
    }
    if (interceptor.after) {
      interceptor.after = [program_key, after = std::move(interceptor.after)](OperationKind kind, std::string_view key, bool done) {
        after(kind, program_key(kind, key), done);
      };
    }
  }
  return interceptors_->add(std::move(interceptor));
}

void RawCache::remove_interceptor(std::uint64_t id) const { interceptors_->remove(id); }

std::shared_ptr<World> RawCache::world_of_executor() const {
  if (configuration().simple) throw not_with_simple(name(), "executors");
  return world_;
}

// ---- Entries

bool RawCache::get(std::string_view key, Flag flags, Blob& value) const {
  if (!conversions_ && !interceptors_->any()) {
    container::ValueCopy copy{value.room(), Blob::kInsideBytes, 0, {}};
    if (const std::optional<bool> found = cache_->copy_value(flags, key, copy)) {
      value.fill(copy.bytes);
      return *found;
    }
  }
  return get_entry(key, flags, value, nullptr);
}

bool RawCache::get_entry(std::string_view key, Flag flags, Blob& value, Metadata* metadata) const {
  return intercepted(OperationKind::get, key, [&] {
    if (conversions_) return get_converted(key, flags, value, metadata);
    return checked(cache_->read({kNever, flags}, key, [&](const EntryView& entry) {
      value.assign(entry.value);
      if (metadata != nullptr) *metadata = entry.metadata;
    }));
  });
}

bool RawCache::get_converted(std::string_view key, Flag flags, Blob& value, Metadata* metadata) const {
  const bool found = checked(cache_->read({kNever, flags}, conversions_->key.to_storage(key), [&](const EntryView& entry) {
    value.assign(entry.value);
    if (metadata != nullptr) *metadata = entry.metadata;
  }));
  if (found) value.assign(conversions_->value.to_program(value.take()));
  return found;
}

bool RawCache::contains(std::string_view key, Flag flags) const {
  return intercepted(OperationKind::contains, key, [&] {
    if (conversions_) return checked(cache_->contains({kNever, flags}, conversions_->key.to_storage(key)));
    return checked(cache_->contains({kNever, flags}, key));
  });
}

Written RawCache::write(Mutation& mutation, Blob* previous) const {
  return intercepted(kind_of(mutation.effect), mutation.key,
                     [&] { return conversions_ ? write_converted(mutation, previous) : write_stored(mutation, previous); });
}

Written RawCache::write_stored(Mutation& mutation, Blob* previous) const {
  const auto keep = [previous](const EntryView& entry) { previous->assign(entry.value); };
  const FunctionRef<void(const EntryView&)> show(keep);
  if (previous != nullptr) mutation.show_previous = &show;
  const Result<Outcome> outcome = cache_->write({}, mutation);
  if (!outcome.ok()) raise(outcome.error());
  return {outcome->kind, outcome->had_previous, outcome->version};
}

Written RawCache::write_converted(const Mutation& mutation, Blob* previous) const {
  const Conversion& values = conversions_->value;
  Mutation m = mutation;
  const Bytes key = conversions_->key.to_storage(m.key);
  const Bytes value = m.effect == Effect::put ? values.to_storage(m.value) : Bytes();
  const Bytes expected = m.precondition == Precondition::if_value ? values.to_storage(m.expected_value) : Bytes();
  m.key = key;
  m.value = value;
  m.expected_value = expected;
  std::exception_ptr error;  // of a conversion around the program's function
  const auto converting = [&](const EntryView* stored) {
    try {
      if (stored == nullptr) return (*mutation.function)(nullptr);
      const Bytes present = values.to_program(stored->value);
      const EntryView shown{mutation.key, present, stored->metadata};
      return (*mutation.function)(&shown);
    } catch (...) {
      error = std::current_exception();
      return Applied();
    }
  };
  const auto stored_again = [&](const EntryView* stored) {
    Applied applied = converting(stored);
    try {
      if (applied.kind == Applied::Kind::put) applied.value = values.to_storage(applied.value);
    } catch (...) {
      error = std::current_exception();
      applied = Applied();
    }
    return applied;
  };
  const ApplyFunction function(stored_again);
  if (mutation.function != nullptr) m.function = &function;
  const Written written = write_stored(m, previous);
  if (error) std::rethrow_exception(error);
  if (previous != nullptr && written.had_previous) previous->assign(values.to_program(previous->take()));
  return written;
}

void RawCache::clear(Flag flags) const {
  intercepted(OperationKind::clear, {}, [&] {
    check(cache_->clear({kNever, flags}));
    return true;
  });
}
std::uint64_t RawCache::size() const {
  return intercepted(OperationKind::size, {}, [&] { return checked(cache_->size({})); });
}
std::uint32_t RawCache::segments() const { return cache_->segments(); }
std::uint32_t RawCache::segment(std::string_view key) const {
  return cache_->segment(conversions_ ? BytesView(conversions_->key.to_storage(key)) : key);
}

void RawCache::for_each(const std::vector<bool>* segments, FunctionRef<bool(const EntryView&)> visit) const {
  const auto visit_converted = [&](const EntryView& stored) {
    const Bytes key = conversions_->key.to_program(stored.key);
    const Bytes value = conversions_->value.to_program(stored.value);
    return visit({key, value, stored.metadata});
  };
  intercepted(OperationKind::iterate, {}, [&] {
    check(conversions_ ? cache_->for_each({}, {segments}, visit_converted) : cache_->for_each({}, {segments}, visit));
    return true;
  });
}

void RawCache::process_expiration() const { cache_->process_expiration(); }

// ---- Statistics and attributes

CacheStatistics RawCache::statistics() const { return cache_->statistics(); }
void RawCache::reset_statistics() const { cache_->reset_statistics(); }

void RawCache::set_attribute(const std::string& path, const std::string& value) const {
  check(cache_->set_attribute(path, value));
}

// ---- Listeners

namespace {

/// An event in the program's bytes, for the length of `f`.
template <class F>
auto with_converted(const Conversions& c, const RawEvent& stored, F&& f) {
  const Bytes key = c.key.to_program(stored.key);
  const Bytes value = c.value.to_program(stored.value);
  const Bytes old_value = stored.has_old_value ? c.value.to_program(stored.old_value) : Bytes();
  RawEvent event = stored;
  event.key = key;
  event.value = value;
  event.old_value = old_value;
  return f(event);
}

}  // namespace

RawListener RawCache::converted(RawListener listener) const {
  const Conversions conversions = *conversions_;
  if (listener.filter) {
    listener.filter = [conversions, filter = std::move(listener.filter)](const RawEvent& event) { return with_converted(conversions, event, filter); };
  }
  listener.deliver = [conversions, deliver = std::move(listener.deliver)](const RawEvent& event) { with_converted(conversions, event, deliver); };
  return listener;
}

std::uint64_t RawCache::add_listener(RawListener listener) const {
  if (conversions_) listener = converted(std::move(listener));
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
std::unique_ptr<Latch> RawCache::make_latch() const { return runtime::make_latch(world_->runtime()); }

}  // namespace holdfast::detail
