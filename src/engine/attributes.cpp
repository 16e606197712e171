// Attributes of a cache that may change while it runs.
#include <charconv>
#include <string_view>
#include <utility>

#include "engine/local_cache.h"
#include "engine/validation.h"

namespace holdfast::engine {
namespace {

using Units = std::vector<std::pair<std::string_view, std::int64_t>>;
const Units& times() {
  static const Units kTimes = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  return kTimes;
}
const Units& sizes() {
  static const Units kSizes = {{"B", 1}, {"KB", 1000}, {"MB", 1'000'000}, {"GB", 1'000'000'000},
                               {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  return kSizes;
}

Status set_number(std::int64_t& target, const std::string& value, const Units& units) {
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), n);
  const std::string_view unit(end, static_cast<std::size_t>(value.data() + value.size() - end));
  if (error == std::errc() && n >= -1) {
    if (unit.empty()) {
      target = n;
      return success();
    }
    for (const auto& [name, factor] : units) {
      if (unit != name || n > INT64_MAX / factor) continue;
      target = n * factor;
      return success();
    }
  }
  return Error(Errc::invalid_argument, "'" + value + "' is not a number from -1 on with a unit that fits");
}

Status set_flag(std::optional<bool>& target, const std::string& value) {
  if (value != "true" && value != "false") return Error(Errc::invalid_argument, "'" + value + "' is neither true nor false");
  target = value == "true";
  return success();
}

void set_names(std::vector<std::string>& target, const std::string& value) {
  target.clear();
  std::string name;
  for (const char c : value + " ") {
    if (c != ' ' && c != ',') {
      name += c;
    } else if (!name.empty()) {
      target.push_back(std::exchange(name, {}));
    }
  }
}

Status change_attribute(CacheConfiguration& c, const std::string& path, const std::string& value) {
  if (path == "memory.max-count") return set_number(c.memory.max_count, value, {});
  if (path == "memory.max-size") return set_number(c.memory.max_size_bytes, value, sizes());
  if (path == "expiration.lifespan") return set_number(c.expiration.lifespan_ms, value, times());
  if (path == "expiration.max-idle") return set_number(c.expiration.max_idle_ms, value, times());
  if (path == "expiration.interval") return set_number(c.expiration.interval_ms, value, times());
  if (path == "locking.acquire-timeout") return set_number(c.locking.acquire_timeout_ms, value, times());
  if (path == "statistics") return set_flag(c.statistics, value);
  if (path == "aliases") {
    set_names(c.aliases, value);
    return success();
  }
  return Error(Errc::not_supported, "it cannot change while the cache runs");
}

}  // namespace

Status LocalCache::set_attribute(const std::string& path, const std::string& value) {
  HF_TRY(change([&](CacheConfiguration& next) -> Status {
    const Status changed = change_attribute(next, path, value);
    return changed.ok() ? success() : changed.error().in("cache '" + name_ + "', attribute '" + path + "'");
  }));
  after_change();
  return success();
}

Status LocalCache::set_alias(const std::string& alias, bool present) {
  return change([&](CacheConfiguration& next) {
    std::erase(next.aliases, alias);
    if (present) next.aliases.push_back(alias);
    return success();
  });
}

Status LocalCache::change(FunctionRef<Status(CacheConfiguration&)> change) {
  HF_ASSIGN(const KeyOrder::Guard changing, order_of({}, kAttributesKey));
  CacheConfiguration next = configuration();
  HF_TRY(change(next));
  HF_TRY(validate_cache(name_, next));
  if (keep_) HF_TRY(keep_(next));
  if (next.statistics) counting_ = next.statistics_available && *next.statistics;
  install(std::move(next));
  return success();
}

namespace {

void copy_mutable(const CacheConfiguration& from, CacheConfiguration& to) {
  to.memory.max_count = from.memory.max_count;
  to.memory.max_size_bytes = from.memory.max_size_bytes;
  to.expiration = from.expiration;
  to.locking.acquire_timeout_ms = from.locking.acquire_timeout_ms;
  to.statistics = from.statistics;
  to.aliases = from.aliases;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> changed_attributes(const CacheConfiguration& from, const CacheConfiguration& to) {
  std::vector<std::pair<std::string, std::string>> changed;
  const auto add = [&](const char* path, const auto& before, const auto& now, const std::string& text) {
    if (before != now) changed.emplace_back(path, text);
  };
  const auto number = [&](const char* path, std::int64_t before, std::int64_t now) { add(path, before, now, std::to_string(now)); };
  number("memory.max-count", from.memory.max_count, to.memory.max_count);
  number("memory.max-size", from.memory.max_size_bytes, to.memory.max_size_bytes);
  number("expiration.lifespan", from.expiration.lifespan_ms, to.expiration.lifespan_ms);
  number("expiration.max-idle", from.expiration.max_idle_ms, to.expiration.max_idle_ms);
  number("expiration.interval", from.expiration.interval_ms, to.expiration.interval_ms);
  number("locking.acquire-timeout", from.locking.acquire_timeout_ms, to.locking.acquire_timeout_ms);
  if (to.statistics) add("statistics", from.statistics, to.statistics, *to.statistics ? "true" : "false");
  std::string aliases;
  for (const std::string& alias : to.aliases) aliases += (aliases.empty() ? "" : " ") + alias;
  add("aliases", from.aliases, to.aliases, aliases);
  return changed;
}

Status LocalCache::update(const CacheConfiguration& wanted) {
  HF_TRY(change([&](CacheConfiguration& next) -> Status {
    if (const std::string_view what = immutable_difference(next, wanted); !what.empty()) {
      return Error(Errc::invalid_configuration,
                   "cache '" + name_ + "': " + std::string(what) + " cannot change while the cache exists");
    }
    copy_mutable(wanted, next);
    return success();
  }));
  after_change();
  return success();
}

void LocalCache::after_change() {
  apply_bound(configuration().memory);
  if (mortal() && reaper_interval_ms() > 0) reaper_->wake_by(now_ms());
}

void LocalCache::apply_bound(const MemoryConfiguration& memory) {
  const bool removes = memory.effective_when_full() == WhenFull::remove;
  std::vector<Entry> evicted;
  container_.set_bound(removes ? memory.max_count : -1, removes ? memory.max_size_bytes : -1, [&](Entry&& entry) {
    if (counting_.load(std::memory_order_relaxed)) counters_.add(Counter::evictions);
    if (listeners_.hears(EventKind::evicted)) evicted.push_back(std::move(entry));
  });
  publish_evicted({}, std::move(evicted));
}

}  // namespace holdfast::engine
