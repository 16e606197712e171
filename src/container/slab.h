// Slab: the memory of one shard's entries. Entries of about the same size share a page of equal slots; a page starts
// small and the next of its size is larger, so few entries cost little and many waste little. An entry is named by a
// 24-bit number (page and slot), which is what indexes and lists keep. A large entry has a page of its own and can be
// pinned, so that it is read outside of the shard's lock.
//
// Where a bound in bytes counts whole pages, none may stand nearly empty: once the free slots of a size would fill a
// page, that page is sparse, and its entries are to be moved into the others.
//
// Each page knows a lower bound of the time at which one of its entries may be over: that is the expiration index.
//
// Owner: one Shard.  Threads: under the shard's lock; the bytes of a pinned entry by anyone; places() also in a ReadSection,
// which keeps the memory of pages with several slots.  Waits: never.
// Fails with: nothing; more than 65 536 pages in one shard, or no memory, aborts.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/reading.h"
#include "base/time.h"
#include "container/block_pool.h"

namespace holdfast::container {

/// Names an entry of a shard: page << 8 | slot.
using EntryId = std::uint32_t;
inline constexpr EntryId kNoEntry = 0xffffff;
inline constexpr TimeMs kNeverDue = INT64_MAX;

class Slab {
 public:
  Slab(BlockPool& blocks, Limbo& limbo) : blocks_(blocks), limbo_(limbo) {}
  ~Slab();
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  EntryId allocate(std::size_t bytes);
  /// By how much allocate() would make bytes() grow.
  std::size_t growth_for(std::size_t bytes) const;
  /// A pinned entry is freed when its last pin goes.
  void free(EntryId id);
  unsigned char* at(EntryId id) const { return places().locate(id).at; }
  /// Where the entries lie, for a reader without the lock: what locate() gives counts only if nothing has changed since
  /// places() was called, and ids must be checked before they are looked up.
  class Places {
   public:
    struct Located {
      unsigned char* at;
      std::size_t slot_bytes;  // 0: the page has one slot; it is freed at once
    };
    explicit Places(const std::uint64_t* pages) : pages_(pages) {}
    Located locate(EntryId id) const {
      const auto page = racing_load<std::uint64_t>(pages_ + (id >> kSlotBits));
      const std::size_t slot_bytes = page >> kAddressBits;
      return {reinterpret_cast<unsigned char*>(page & kAddressMask) + (id & kSlotMask) * slot_bytes, slot_bytes};
    }

   private:
    const std::uint64_t* pages_;
  };
  Places places() const { return Places(places_.load(std::memory_order_acquire)); }
  /// From now on few sizes of slots, pages in proportion to what there is of a size, none of more than `page_bytes_most`,
  /// and sparse pages are named.
  void count_closely(std::size_t page_bytes_most) {
    closely_ = true;
    page_bytes_most_ = std::min(page_bytes_most, kPageBytes);
  }
  /// A page whose entries have room in others of their size.
  std::optional<std::size_t> sparse_page();
  /// A slot beside an entry's page, for an entry of a sparse page.
  EntryId allocate_elsewhere(EntryId id);
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

  /// What the pages and the list of them take.
  std::uint64_t bytes() const { return bytes_ + pages_.capacity() * kRowBytes; }
  /// Gives the list of pages back when there is none.
  void drop_list();

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
    std::uint32_t slots = 0;  // of all its pages
    std::uint32_t free = 0;   // of them
    bool noted = false;       // in loose_
  };
  static constexpr std::size_t kRowBytes = sizeof(Page) + sizeof(std::uint64_t) + sizeof(TimeMs) + sizeof(std::uint32_t);

  std::size_t rounded(std::size_t bytes) const;
  static std::uint32_t class_of(std::size_t bytes);
  static std::size_t bytes_of_class(std::uint32_t size_class);
  std::uint32_t add_page(std::size_t slot_bytes, std::size_t slots);
  std::uint32_t page_with_room(std::uint32_t size_class);
  std::size_t slots_of_next_page(std::size_t slot_bytes, const Class& c) const;
  std::size_t rows_of_larger_list() const { return pages_.size() + pages_.size() / 8 + 8; }
  void make_room_in_list();
  EntryId take_slot(std::uint32_t page);
  void note_loose(std::uint32_t size_class);
  void remove_page(std::uint32_t page);
  static bool is_block(std::size_t slot_bytes, std::size_t slots) { return slots > 1 && (slots + 1) * slot_bytes > kPageBytes; }
  static std::size_t page_bytes(std::size_t slot_bytes, std::size_t slots);
  void release(const Page& page);
  void retire(const Page& page);
  void replace_places(std::size_t rows);
  void link(Class& c, std::uint32_t page);
  void unlink(Class& c, std::uint32_t page);

  BlockPool& blocks_;
  Limbo& limbo_;
  std::atomic<std::uint64_t*> places_{nullptr};  // address and slot size of each page: what a read needs
  std::vector<Page> pages_;
  std::vector<TimeMs> due_;
  std::vector<Class> classes_;
  std::vector<std::uint32_t> unused_;  // numbers of pages that are gone
  std::vector<std::uint32_t> loose_;   // classes that may have a sparse page
  std::uint64_t bytes_ = 0;
  std::size_t page_bytes_most_ = kPageBytes;
  bool closely_ = false;
};

}  // namespace holdfast::container
