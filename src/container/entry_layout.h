// How an entry lies in its slot: flags, an age stamp, the links of the eviction list, then only what it uses, then key
// and value. A short entry without limits has 16 bytes before its key, also with the lifespan that most have.
//
//   0 flags   1 stamp   2 previous (3)   5 next (3)   8 version (6: milliseconds since the shard's base and a counter,
//   or 8)   lengths (1 + 1, or 4 + 4)   expiration (nothing: none or the shard's first; 1: a row of its table; 8 + 8)
//   last used (6, only with a max-idle)   key   value
//
// Owner: the slot's.  Threads: under the shard's lock.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

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
  static constexpr std::size_t kRowsMax = 255;

  struct Offsets {
    std::size_t lengths, expiration, idle, key;
  };
  static Offsets offsets(std::uint8_t flags);
  bool shortens(Version version) const;
  std::uint64_t shortened(Version version) const;
  Version version_at(const unsigned char* at) const;
  std::uint8_t expiration_flags(const Expiration& expiration, std::uint8_t& row);

  std::uint64_t base_ = 0;  // versions count their milliseconds from here; 0 = none yet
  std::vector<Expiration> rows_;
};

/// When the entry may be over (a lower bound that is exact); kNeverDue = it has no limit.
TimeMs due_ms(const Metadata& m);

}  // namespace holdfast::container
