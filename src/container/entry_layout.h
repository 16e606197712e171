// How an entry lies in its slot: flags, an age stamp, the links of the eviction list, then only what it uses, then key
// and value. A short entry without limits has 16 bytes before its key, also with the lifespan that most have.
//
//   0 flags   1 stamp   2 previous (3)   5 next (3)   8 version (6: milliseconds since the shard's base and a counter,
//   or 8)   lengths (1 + 1, or 4 + 4)   expiration (nothing: none or the shard's first; 1: a row of its table; 8 + 8)
//   last used (6, only with a max-idle)   key   value
//
// Owner: the slot's.  Threads: under the shard's lock; shape() and metadata() also on a copy that a reader without the lock has
// made of an entry's head; metadata() once that was checked.  Waits: never.  Fails with: nothing.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>

#include "container/slab.h"
#include "model/entry.h"

namespace holdfast::container {

/// The part of an entry that the eviction lists use.
class EntryLinks {
 public:
  explicit EntryLinks(unsigned char* at) : at_(at) {}
  EntryId previous() const { return load(2); }
  EntryId next() const { return load(5); }
  void set_previous(EntryId id) { store(2, id); }
  void set_next(EntryId id) { store(5, id); }
  std::uint8_t queue() const { return at_[0] & 3; }
  void set_queue(std::uint8_t queue) { at_[0] = static_cast<unsigned char>((at_[0] & ~3) | queue); }
  std::uint8_t stamp() const { return at_[1]; }
  void set_stamp(std::uint8_t stamp) { at_[1] = stamp; }
  void copy_to(unsigned char* other) const {
    std::memcpy(other + 1, at_ + 1, 7);
    other[0] = static_cast<unsigned char>((other[0] & ~3) | queue());
  }

 private:
  EntryId load(int offset) const {
    std::uint16_t low;
    std::memcpy(&low, at_ + offset, 2);
    return low | static_cast<EntryId>(at_[offset + 2]) << 16;
  }
  void store(int offset, EntryId id) {
    const auto low = static_cast<std::uint16_t>(id);
    std::memcpy(at_ + offset, &low, 2);
    at_[offset + 2] = static_cast<unsigned char>(id >> 16);
  }
  unsigned char* at_;
};

namespace detail {

template <class T>
T load(const unsigned char* at) {
  T v;
  std::memcpy(&v, at, sizeof v);
  return v;
}
inline std::uint64_t load48(const unsigned char* at) { return load<std::uint32_t>(at) | static_cast<std::uint64_t>(load<std::uint16_t>(at + 4)) << 32; }

}  // namespace detail

/// Expirations that entries share, by number. A row, once there, stays where it is, so reading it takes no lock.
class ExpirationRows {
 public:
  static constexpr std::size_t kMost = 255;
  const Expiration& operator[](std::size_t row) const { return parts_[part_of(row)].load(std::memory_order_acquire)[row - first_of(part_of(row))]; }
  /// The number of the expiration, which is added if need be; kMost = there is no room.
  std::size_t number_of(const Expiration& expiration);
  ~ExpirationRows() {
    for (const auto& part : parts_) delete[] part.load(std::memory_order_relaxed);
  }

 private:
  // Part p has 2^p rows.
  static std::size_t part_of(std::size_t row) { return static_cast<std::size_t>(std::bit_width(row + 1)) - 1; }
  static std::size_t first_of(std::size_t part) { return (std::size_t{1} << part) - 1; }
  std::array<std::atomic<Expiration*>, 8> parts_{};
  std::size_t count_ = 0;
};

/// Writes and reads entries; remembers the expirations that entries of a shard share.
class EntryLayout {
 public:
  struct Parts {
    BytesView key;
    BytesView value;
    Version version = 0;
    Expiration expiration;
    TimeMs last_used_ms = 0;
  };
  /// How an entry with these parts is laid out; a plan is good until the next plan() of the same layout.
  struct Plan {
    std::uint8_t flags = 0;
    std::uint8_t row = 0;
    std::size_t bytes = 0;
  };

  Plan plan(const Parts& parts);
  /// Links are left alone.
  void write(unsigned char* at, const Plan& plan, const Parts& parts) const;
  EntryView view(const unsigned char* at) const;
  /// Of the bytes before the key; kHeadBytes are always enough.
  Metadata metadata(const unsigned char* at) const;
  struct Shape {
    std::size_t key_at, key_bytes, value_bytes;
    std::size_t value_at() const { return key_at + key_bytes; }
    std::size_t bytes() const { return value_at() + value_bytes; }
  };
  static Shape shape(const unsigned char* at);
  static constexpr std::size_t kHeadBytes = 48;
  static BytesView key(const unsigned char* at);
  /// Of an entry of usual size.
  static void prefetch(const unsigned char* at) {
    for (int line = 0; line < 3; ++line) __builtin_prefetch(at + line * 64);
  }
  /// For an entry with a max-idle; nothing otherwise.
  static void touch(unsigned char* at, TimeMs last_used_ms);
  static bool has_max_idle(const unsigned char* at) { return (at[0] & kIdle) != 0; }
  static bool is_mortal(const unsigned char* at) { return (at[0] & (kRow | kExplicit)) != 0; }

 private:
  static constexpr std::uint8_t kWideLengths = 1 << 2;
  static constexpr std::uint8_t kWideVersion = 1 << 3;
  static constexpr std::uint8_t kRow = 1 << 4;
  static constexpr std::uint8_t kExplicit = 1 << 5;
  static constexpr std::uint8_t kFirstRow = kRow | kExplicit;
  static constexpr std::uint8_t kIdle = 1 << 6;
  static constexpr std::size_t kLinksBytes = 8;
  static constexpr int kShortCounterBits = 12;
  static constexpr int kShortTimeBits = 36;
  static constexpr std::size_t kShortBytes = 6;  // of a version or a time

  struct Offsets {
    std::uint8_t lengths, expiration, idle, key;
  };
  /// By the flags above the queue's two bits.
  static constexpr std::array<Offsets, 32> all_offsets() {
    std::array<Offsets, 32> all{};
    for (unsigned i = 0; i < all.size(); ++i) {
      const unsigned flags = i << 2;
      const unsigned of_expiration = (flags & kFirstRow) == kRow ? 1 : (flags & kFirstRow) == kExplicit ? 16 : 0;
      const std::size_t lengths = kLinksBytes + ((flags & kWideVersion) ? 8 : kShortBytes);
      const std::size_t expiration = lengths + ((flags & kWideLengths) ? 8 : 2);
      const std::size_t idle = expiration + of_expiration;
      const std::size_t key = idle + ((flags & kIdle) ? kShortBytes : 0);
      all[i] = {static_cast<std::uint8_t>(lengths), static_cast<std::uint8_t>(expiration), static_cast<std::uint8_t>(idle), static_cast<std::uint8_t>(key)};
    }
    return all;
  }
  static Offsets offsets(std::uint8_t flags) {
    static constexpr std::array<Offsets, 32> kAll = all_offsets();
    return kAll[flags >> 2 & 31];
  }
  bool shortens(Version version) const;
  std::uint64_t shortened(Version version) const;
  Version version_at(const unsigned char* at) const {
    if (at[0] & kWideVersion) return detail::load<Version>(at + kLinksBytes);
    const std::uint64_t v = detail::load48(at + kLinksBytes);
    return ((v >> kShortCounterBits) + base_.load(std::memory_order_relaxed)) << kVersionCounterBits | (v & ((std::uint64_t{1} << kShortCounterBits) - 1));
  }
  std::uint8_t expiration_flags(const Expiration& expiration, std::uint8_t& row);

  std::atomic<std::uint64_t> base_{0};  // versions count their milliseconds from here; 0 = none yet
  ExpirationRows rows_;
};

inline EntryLayout::Shape EntryLayout::shape(const unsigned char* at) {
  const Offsets o = offsets(at[0]);
  const bool wide = (at[0] & kWideLengths) != 0;
  return {o.key, wide ? detail::load<std::uint32_t>(at + o.lengths) : at[o.lengths],
          wide ? detail::load<std::uint32_t>(at + o.lengths + 4) : at[o.lengths + 1]};
}

inline BytesView EntryLayout::key(const unsigned char* at) {
  const Shape s = shape(at);
  return {reinterpret_cast<const char*>(at + s.key_at), s.key_bytes};
}

inline Metadata EntryLayout::metadata(const unsigned char* at) const {
  const Offsets o = offsets(at[0]);
  Metadata m;
  m.version = version_at(at);
  m.created_ms = m.last_used_ms = created_ms(m.version);
  switch (at[0] & kFirstRow) {
    case kFirstRow: m.expiration = rows_[0]; break;
    case kRow: m.expiration = rows_[at[o.expiration]]; break;
    case kExplicit: m.expiration = {detail::load<TimeMs>(at + o.expiration), detail::load<TimeMs>(at + o.expiration + 8)}; break;
    default: break;
  }
  if (at[0] & kIdle) m.last_used_ms = static_cast<TimeMs>(detail::load48(at + o.idle));
  return m;
}

inline EntryView EntryLayout::view(const unsigned char* at) const {
  const Shape s = shape(at);
  const char* key = reinterpret_cast<const char*>(at + s.key_at);
  return {{key, s.key_bytes}, {key + s.key_bytes, s.value_bytes}, metadata(at)};
}

/// When the entry may be over (a lower bound that is exact); kNeverDue = it has no limit.
TimeMs due_ms(const Metadata& m);

}  // namespace holdfast::container
