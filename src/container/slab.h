// Slab: the memory of one shard's entries. Entries of about the same size share a page of equal slots; a page starts
// small and the next of its size is larger, so few entries cost little and many waste little. An entry is named by a
// 24-bit number (page and slot), which is what indexes and lists keep. A large entry has a page of its own and can be
// pinned, so that it is read outside of the shard's lock.
//
// Each page knows a lower bound of the time at which one of its entries may be over: that is the expiration index.
//
// Owner: one Shard.  Threads: under the shard's lock; the bytes of a pinned entry by anyone.  Waits: never.
// Fails with: nothing; more than 65 536 pages in one shard, or no memory, aborts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/time.h"
#include "container/block_pool.h"

namespace holdfast::container {

/// Names an entry of a shard: page << 8 | slot.
using EntryId = std::uint32_t;
inline constexpr EntryId kNoEntry = 0xffffff;
inline constexpr TimeMs kNeverDue = INT64_MAX;

class Slab {
 public:
  explicit Slab(BlockPool& blocks) : blocks_(blocks) {}
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  EntryId allocate(std::size_t bytes);
  /// A pinned entry is freed when its last pin goes.
  void free(EntryId id);
  unsigned char* at(EntryId id) const {
    const std::uint64_t page = places_[id >> kSlotBits];
    return reinterpret_cast<unsigned char*>(page & kAddressMask) + (id & kSlotMask) * (page >> kAddressBits);
  }
  /// From now on few sizes of slots and small pages: more is lost inside of slots and less in slots that nobody uses, and
  /// only the former is known to whoever counts entries by their slots.
  void count_closely() {
    page_slots_max_ = 16;
    few_sizes_ = true;
  }
  /// Bytes of the slot that an entry of `bytes` gets.
  std::size_t slot_bytes_for(std::size_t bytes) const;
  std::size_t slot_bytes(EntryId id) const { return pages_[id >> kSlotBits].slot_bytes; }

  static bool is_large_size(std::size_t bytes) { return bytes > kLargeBytes; }
  bool is_large(EntryId id) const { return is_large_size(slot_bytes(id)); }
  void pin(EntryId id) { ++pages_[id >> kSlotBits].pins; }
  void unpin(EntryId id);

  /// Notes that the entry may be over at `due`.
  void note_due(EntryId id, TimeMs due) {
    TimeMs& page = due_[id >> kSlotBits];
    if (due < page) page = due;
  }
  std::size_t pages() const { return pages_.size(); }
  TimeMs due_of_page(std::size_t page) const { return due_[page]; }
  void set_due_of_page(std::size_t page, TimeMs due) { due_[page] = due; }
  /// The entries of a page, in a copy: they may be freed meanwhile.
  std::vector<EntryId> live_in_page(std::size_t page) const;

  /// What the pages take.
  std::uint64_t bytes() const { return bytes_; }

 private:
  static constexpr int kSlotBits = 8;
  static constexpr EntryId kSlotMask = 0xff;
  static constexpr int kAddressBits = 48;
  static constexpr std::uint64_t kAddressMask = (std::uint64_t{1} << kAddressBits) - 1;
  static constexpr std::size_t kPageBytes = BlockPool::kBlockBytes;
  static constexpr std::size_t kLargeBytes = 8 * 1024;
  static constexpr std::size_t kPagesMax = 0xffff;  // the last number would make kNoEntry
  static constexpr std::uint32_t kNoPage = 0xffffffff;

  struct Page {
    unsigned char* memory = nullptr;
    std::uint32_t slot_bytes = 0;
    std::uint16_t slots = 0;
    std::uint16_t used = 0;
    std::uint16_t size_class = 0;
    bool dead = false;   // freed while pinned
    bool block = false;  // its memory is a block of the pool
    std::uint32_t pins = 0;
    std::uint32_t next = kNoPage;  // pages of the class with room
    std::uint32_t previous = kNoPage;
    std::array<std::uint64_t, 4> taken{};
  };
  struct Class {
    std::uint32_t with_room = kNoPage;
    std::uint32_t pages = 0;
  };

  std::size_t rounded(std::size_t bytes) const;
  static std::uint32_t class_of(std::size_t bytes);
  static std::size_t bytes_of_class(std::uint32_t size_class);
  std::uint32_t add_page(std::size_t slot_bytes, std::size_t slots);
  std::uint32_t page_with_room(std::uint32_t size_class);
  void remove_page(std::uint32_t page);
  std::size_t bytes_of(const Page& page) const;
  void release(const Page& page);
  void link(Class& c, std::uint32_t page);
  void unlink(Class& c, std::uint32_t page);

  BlockPool& blocks_;
  std::vector<std::uint64_t> places_;  // address and slot size of each page: what a read needs
  std::vector<Page> pages_;
  std::vector<TimeMs> due_;
  std::vector<Class> classes_;
  std::vector<std::uint32_t> unused_;  // numbers of pages that are gone
  std::uint64_t bytes_ = 0;
  std::size_t page_slots_max_ = kSlotMask + 1;
  bool few_sizes_ = false;
};

}  // namespace holdfast::container
