#include "container/slab.h"

#include <algorithm>
#include <bit>

#include "base/assert.h"

namespace holdfast::container {
namespace {

// Classes of sizes: steps that lose about 1.5 % on average.
struct Steps {
  std::size_t up_to;
  std::size_t step;
};
constexpr Steps kSteps[] = {{256, 2}, {1024, 8}, {4096, 32}, {8192, 128}};

/// What the allocator gives for a request.
std::size_t allocated(std::size_t bytes) { return std::max<std::size_t>((bytes + 8 + 15) / 16 * 16, 32); }

}  // namespace

std::uint32_t Slab::class_of(std::size_t bytes) {
  std::uint32_t first = 0;
  std::size_t below = 0;
  for (const Steps& s : kSteps) {
    if (bytes <= s.up_to) return first + static_cast<std::uint32_t>((bytes - below + s.step - 1) / s.step);
    first += static_cast<std::uint32_t>((s.up_to - below) / s.step);
    below = s.up_to;
  }
  HF_ASSERT(false);
}

std::size_t Slab::bytes_of_class(std::uint32_t size_class) {
  std::uint32_t first = 0;
  std::size_t below = 0;
  for (const Steps& s : kSteps) {
    const auto count = static_cast<std::uint32_t>((s.up_to - below) / s.step);
    if (size_class <= first + count) return below + (size_class - first) * s.step;
    first += count;
    below = s.up_to;
  }
  HF_ASSERT(false);
}

/// With few sizes there are eight between one power of two and the next.
std::size_t Slab::rounded(std::size_t bytes) const {
  if (!closely_) return bytes;
  const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes) / 8, 8);
  return (bytes + step - 1) / step * step;
}

std::size_t Slab::slot_bytes_for(std::size_t bytes) const {
  return is_large_size(bytes) ? bytes : bytes_of_class(class_of(rounded(bytes)));
}

Slab::~Slab() {
  for (const Page& page : pages_) release(page);
  delete[] places_.load(std::memory_order_relaxed);
}

std::size_t Slab::page_bytes(std::size_t slot_bytes, std::size_t slots) {
  return is_block(slot_bytes, slots) ? kPageBytes : allocated(slot_bytes * slots);
}

void Slab::release(const Page& page) {
  if (page.block) {
    blocks_.give_back(page.memory);
  } else {
    delete[] page.memory;
  }
}

/// A reader may be at it, unless the page has one slot.
void Slab::retire(const Page& page) {
  if (page.slots == 1) return release(page);
  limbo_.retire(page_bytes(page.slot_bytes, page.slots), [blocks = page.block ? &blocks_ : nullptr, gone = page.memory] {
    if (blocks != nullptr) {
      blocks->give_back(gone);
    } else {
      delete[] gone;
    }
  });
}

/// To an array of so many rows; 0 = none.
void Slab::replace_places(std::size_t rows) {
  std::uint64_t* const old = places_.load(std::memory_order_relaxed);
  std::uint64_t* const fresh = rows == 0 ? nullptr : new std::uint64_t[rows]();
  if (rows != 0) std::copy_n(old, pages_.size(), fresh);
  places_.store(fresh, std::memory_order_release);
  if (old != nullptr) limbo_.retire(pages_.size() * sizeof *old, [old] { delete[] old; });
}

void Slab::make_room_in_list() {
  if (pages_.size() < pages_.capacity()) return;
  const std::size_t rows = rows_of_larger_list();
  pages_.reserve(rows);
  replace_places(pages_.capacity());
  due_.reserve(rows);
  unused_.reserve(rows);
}

std::uint32_t Slab::add_page(std::size_t slot_bytes, std::size_t slots) {
  std::uint32_t number;
  if (unused_.empty()) {
    make_room_in_list();
    number = static_cast<std::uint32_t>(pages_.size());
    HF_ASSERT(number < kPagesMax);
    pages_.emplace_back();
    due_.push_back(kNeverDue);
  } else {
    number = unused_.back();
    unused_.pop_back();
  }
  Page& page = pages_[number];
  page = Page();
  page.block = is_block(slot_bytes, slots);
  page.memory = page.block ? blocks_.take() : new unsigned char[slot_bytes * slots];
  page.slot_bytes = static_cast<std::uint32_t>(slot_bytes);
  page.slots = static_cast<std::uint16_t>(slots);
  due_[number] = kNeverDue;
  const auto address = reinterpret_cast<std::uint64_t>(page.memory);
  HF_ASSERT((address & ~kAddressMask) == 0);
  // A page of one slot needs no distance between slots.
  places_.load(std::memory_order_relaxed)[number] = address | (slots > 1 ? static_cast<std::uint64_t>(slot_bytes) << kAddressBits : 0);
  bytes_ += page_bytes(slot_bytes, slots);
  return number;
}

void Slab::link(Class& c, std::uint32_t page) {
  pages_[page].previous = kNoPage;
  pages_[page].next = c.with_room;
  if (c.with_room != kNoPage) pages_[c.with_room].previous = page;
  c.with_room = page;
}

void Slab::unlink(Class& c, std::uint32_t page) {
  const Page& p = pages_[page];
  if (p.next != kNoPage) pages_[p.next].previous = p.previous;
  (p.previous != kNoPage ? pages_[p.previous].next : c.with_room) = p.next;
}

/// Few entries cost little, many waste little. Where whole pages are counted, the slots that nobody uses stay a small part
/// of those of the size.
std::size_t Slab::slots_of_next_page(std::size_t slot_bytes, const Class& c) const {
  constexpr std::size_t kPart = 16;
  const std::size_t most = std::clamp<std::size_t>(page_bytes_most_ / slot_bytes, 1, kSlotMask + 1);
  return std::min(most, closely_ ? std::max<std::size_t>(c.slots / kPart, 2) : std::size_t{2} << std::min<std::uint32_t>(c.pages, 8));
}

std::size_t Slab::growth_for(std::size_t bytes) const {
  const std::size_t list = unused_.empty() && pages_.size() == pages_.capacity() ? (rows_of_larger_list() - pages_.size()) * kRowBytes : 0;
  if (is_large_size(bytes)) return page_bytes(bytes, 1) + list;
  const std::uint32_t size_class = class_of(rounded(bytes));
  const Class c = size_class < classes_.size() ? classes_[size_class] : Class();
  if (c.with_room != kNoPage) return 0;
  const std::size_t slot = bytes_of_class(size_class);
  return page_bytes(slot, slots_of_next_page(slot, c)) + list;
}

std::uint32_t Slab::page_with_room(std::uint32_t size_class) {
  if (classes_.size() <= size_class) classes_.resize(size_class + 1);
  Class& c = classes_[size_class];
  if (c.with_room != kNoPage) return c.with_room;
  const std::size_t slot = bytes_of_class(size_class);
  const std::uint32_t page = add_page(slot, slots_of_next_page(slot, c));
  pages_[page].size_class = static_cast<std::uint16_t>(size_class);
  ++c.pages;
  c.slots += pages_[page].slots;
  c.free += pages_[page].slots;
  link(c, page);
  return page;
}

EntryId Slab::allocate(std::size_t bytes) {
  if (is_large_size(bytes)) {
    const std::uint32_t number = add_page(bytes, 1);
    pages_[number].used = 1;
    pages_[number].taken[0] = 1;
    return number << kSlotBits;
  }
  return take_slot(page_with_room(class_of(rounded(bytes))));
}

EntryId Slab::allocate_elsewhere(EntryId id) {
  const std::uint32_t number = id >> kSlotBits;
  const std::uint32_t first = classes_[pages_[number].size_class].with_room;
  return take_slot(first == number ? pages_[number].next : first);
}

EntryId Slab::take_slot(std::uint32_t number) {
  Page& page = pages_[number];
  std::uint32_t slot = 0;
  for (std::size_t word = 0; word < page.taken.size(); ++word) {
    if (page.taken[word] == ~std::uint64_t{0}) continue;
    const int bit = std::countr_one(page.taken[word]);
    page.taken[word] |= std::uint64_t{1} << bit;
    slot = static_cast<std::uint32_t>(word * 64) + static_cast<std::uint32_t>(bit);
    break;
  }
  HF_ASSERT(slot < page.slots);
  Class& c = classes_[page.size_class];
  --c.free;
  if (++page.used == page.slots) unlink(c, number);
  return number << kSlotBits | slot;
}

void Slab::free(EntryId id) {
  const std::uint32_t number = id >> kSlotBits;
  Page& page = pages_[number];
  if (page.pins > 0) {
    page.dead = true;
    return;
  }
  if (is_large_size(page.slot_bytes)) return remove_page(number);
  const std::uint32_t slot = id & kSlotMask;
  page.taken[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  Class& c = classes_[page.size_class];
  if (page.used-- == page.slots) link(c, number);
  ++c.free;
  if (page.used > 0) return note_loose(page.size_class);
  unlink(c, number);
  --c.pages;
  c.slots -= page.slots;
  c.free -= page.slots;
  remove_page(number);
}

void Slab::note_loose(std::uint32_t size_class) {
  Class& c = classes_[size_class];
  if (!closely_ || c.noted || c.pages < 2) return;
  c.noted = true;
  loose_.push_back(size_class);
}

/// Of the pages that the free slots of their size would fill, the one with the fewest entries.
std::optional<std::size_t> Slab::sparse_page() {
  for (; !loose_.empty(); loose_.pop_back()) {
    Class& c = classes_[loose_.back()];
    std::uint32_t fewest = kNoPage;
    for (std::uint32_t page = c.with_room; page != kNoPage; page = pages_[page].next) {
      if (pages_[page].slots <= c.free && (fewest == kNoPage || pages_[page].used < pages_[fewest].used)) fewest = page;
    }
    if (fewest != kNoPage) return fewest;
    c.noted = false;
  }
  return std::nullopt;
}

void Slab::drop_list() {
  if (unused_.size() != pages_.size()) return;
  replace_places(0);
  pages_ = std::vector<Page>();
  due_ = std::vector<TimeMs>();
  unused_ = std::vector<std::uint32_t>();
}

void Slab::remove_page(std::uint32_t number) {
  Page& page = pages_[number];
  bytes_ -= page_bytes(page.slot_bytes, page.slots);
  retire(page);
  page = Page();
  places_.load(std::memory_order_relaxed)[number] = 0;
  due_[number] = kNeverDue;
  unused_.push_back(number);
}

void Slab::unpin(EntryId id) {
  Page& page = pages_[id >> kSlotBits];
  if (--page.pins == 0 && page.dead) remove_page(id >> kSlotBits);
}

std::vector<EntryId> Slab::live_in_page(std::size_t page) const {
  std::vector<EntryId> live;
  if (pages_[page].dead) return live;
  for (std::size_t word = 0; word < 4; ++word) {
    for (std::uint64_t left = pages_[page].taken[word]; left != 0; left &= left - 1) {
      live.push_back(static_cast<EntryId>(page << kSlotBits | word * 64 | static_cast<std::size_t>(std::countr_zero(left))));
    }
  }
  return live;
}

}  // namespace holdfast::container
