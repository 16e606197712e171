#include "container/entry_layout.h"

#include <algorithm>

namespace holdfast::container {
namespace {

constexpr std::size_t kShortBytes = 6;  // of a version or a time

void store48(unsigned char* at, std::uint64_t v) { std::memcpy(at, &v, kShortBytes); }
std::uint64_t load48(const unsigned char* at) {
  std::uint64_t v = 0;
  std::memcpy(&v, at, kShortBytes);
  return v;
}
template <class T>
T load(const unsigned char* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
template <class T>
void store(unsigned char* at, T v) {
  std::memcpy(at, &v, sizeof v);
}

constexpr std::size_t kExpirationBytes[] = {0, 1, 16, 0};  // none, a row, explicit, the first row
constexpr std::uint64_t kCounterMask = (std::uint64_t{1} << kVersionCounterBits) - 1;

}  // namespace

TimeMs due_ms(const Metadata& m) {
  TimeMs due = kNeverDue;
  if (m.expiration.lifespan_ms >= 0) due = m.created_ms + m.expiration.lifespan_ms;
  if (m.expiration.max_idle_ms >= 0) due = std::min(due, m.last_used_ms + m.expiration.max_idle_ms);
  return due;
}

EntryLayout::Offsets EntryLayout::offsets(std::uint8_t flags) {
  Offsets o;
  o.lengths = kLinksBytes + ((flags & kWideVersion) ? 8 : kShortBytes);
  o.expiration = o.lengths + ((flags & kWideLengths) ? 8 : 2);
  o.idle = o.expiration + kExpirationBytes[flags >> 4 & 3];
  o.key = o.idle + ((flags & kIdle) ? kShortBytes : 0);
  return o;
}

bool EntryLayout::shortens(Version version) const {
  const std::uint64_t time = version >> kVersionCounterBits;
  return time >= base_ && time - base_ < (std::uint64_t{1} << kShortTimeBits) &&
         (version & kCounterMask) < (std::uint64_t{1} << kShortCounterBits);
}

std::uint64_t EntryLayout::shortened(Version version) const {
  return ((version >> kVersionCounterBits) - base_) << kShortCounterBits | (version & kCounterMask);
}

Version EntryLayout::version_at(const unsigned char* at) const {
  if (at[0] & kWideVersion) return load<Version>(at + kLinksBytes);
  const std::uint64_t v = load48(at + kLinksBytes);
  return ((v >> kShortCounterBits) + base_) << kVersionCounterBits | (v & ((std::uint64_t{1} << kShortCounterBits) - 1));
}

std::uint8_t EntryLayout::expiration_flags(const Expiration& expiration, std::uint8_t& row) {
  if (expiration.immortal()) return 0;
  const auto at = std::find(rows_.begin(), rows_.end(), expiration);
  if (at == rows_.end() && rows_.size() == kRowsMax) return kExplicit;
  row = static_cast<std::uint8_t>(at - rows_.begin());
  if (at == rows_.end()) rows_.push_back(expiration);
  return row == 0 ? kFirstRow : kRow;
}

EntryLayout::Plan EntryLayout::plan(const Parts& p) {
  Plan plan;
  if (base_ == 0) base_ = p.version >> kVersionCounterBits;
  if (!shortens(p.version)) plan.flags |= kWideVersion;
  if (p.key.size() > 0xff || p.value.size() > 0xff) plan.flags |= kWideLengths;
  plan.flags |= expiration_flags(p.expiration, plan.row);
  if (p.expiration.max_idle_ms >= 0) plan.flags |= kIdle;
  plan.bytes = offsets(plan.flags).key + p.key.size() + p.value.size();
  return plan;
}

void EntryLayout::write(unsigned char* at, const Plan& plan, const Parts& p) const {
  const Offsets o = offsets(plan.flags);
  at[0] = static_cast<unsigned char>((at[0] & 3) | plan.flags);
  if (plan.flags & kWideVersion) {
    store(at + kLinksBytes, p.version);
  } else {
    store48(at + kLinksBytes, shortened(p.version));
  }
  if (plan.flags & kWideLengths) {
    store(at + o.lengths, static_cast<std::uint32_t>(p.key.size()));
    store(at + o.lengths + 4, static_cast<std::uint32_t>(p.value.size()));
  } else {
    at[o.lengths] = static_cast<unsigned char>(p.key.size());
    at[o.lengths + 1] = static_cast<unsigned char>(p.value.size());
  }
  if ((plan.flags & kFirstRow) == kRow) at[o.expiration] = plan.row;
  if ((plan.flags & kFirstRow) == kExplicit) {
    store(at + o.expiration, p.expiration.lifespan_ms);
    store(at + o.expiration + 8, p.expiration.max_idle_ms);
  }
  if (plan.flags & kIdle) store48(at + o.idle, static_cast<std::uint64_t>(std::max<TimeMs>(p.last_used_ms, 0)));
  if (!p.key.empty()) std::memcpy(at + o.key, p.key.data(), p.key.size());
  if (!p.value.empty()) std::memcpy(at + o.key + p.key.size(), p.value.data(), p.value.size());
}

BytesView EntryLayout::key(const unsigned char* at) {
  const Offsets o = offsets(at[0]);
  const std::size_t size = (at[0] & kWideLengths) ? load<std::uint32_t>(at + o.lengths) : at[o.lengths];
  return {reinterpret_cast<const char*>(at + o.key), size};
}

EntryView EntryLayout::view(const unsigned char* at) const {
  const Offsets o = offsets(at[0]);
  const bool wide = (at[0] & kWideLengths) != 0;
  const std::size_t key_size = wide ? load<std::uint32_t>(at + o.lengths) : at[o.lengths];
  const std::size_t value_size = wide ? load<std::uint32_t>(at + o.lengths + 4) : at[o.lengths + 1];
  const char* key = reinterpret_cast<const char*>(at + o.key);
  EntryView v{{key, key_size}, {key + key_size, value_size}, {}};
  v.metadata.version = version_at(at);
  v.metadata.created_ms = v.metadata.last_used_ms = created_ms(v.metadata.version);
  switch (at[0] & kFirstRow) {
    case kFirstRow: v.metadata.expiration = rows_[0]; break;
    case kRow: v.metadata.expiration = rows_[at[o.expiration]]; break;
    case kExplicit: v.metadata.expiration = {load<TimeMs>(at + o.expiration), load<TimeMs>(at + o.expiration + 8)}; break;
    default: break;
  }
  if (at[0] & kIdle) v.metadata.last_used_ms = static_cast<TimeMs>(load48(at + o.idle));
  return v;
}

void EntryLayout::touch(unsigned char* at, TimeMs last_used_ms) {
  if (at[0] & kIdle) store48(at + offsets(at[0]).idle, static_cast<std::uint64_t>(std::max<TimeMs>(last_used_ms, 0)));
}

}  // namespace holdfast::container
