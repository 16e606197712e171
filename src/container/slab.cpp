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
constexpr std::size_t kPageOverhead = 16;  // what the allocator adds to a block

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
  if (!few_sizes_) return bytes;
  const std::size_t step = std::max<std::size_t>(std::bit_floor(bytes) / 8, 8);
  return (bytes + step - 1) / step * step;
}

std::size_t Slab::slot_bytes_for(std::size_t bytes) const {
  return is_large_size(bytes) ? bytes : bytes_of_class(class_of(rounded(bytes)));
}

Slab::~Slab() {
  for (const Page& page : pages_) release(page);
}

std::size_t Slab::bytes_of(const Page& page) const {
  return page.block ? kPageBytes : std::size_t{page.slot_bytes} * page.slots + kPageOverhead;
}

void Slab::release(const Page& page) {
  if (page.block) {
    blocks_.give_back(page.memory);
  } else {
    delete[] page.memory;
  }
}

std::uint32_t Slab::add_page(std::size_t slot_bytes, std::size_t slots) {
  std::uint32_t number;
  if (unused_.empty()) {
    number = static_cast<std::uint32_t>(pages_.size());
    HF_ASSERT(number < kPagesMax);
    pages_.emplace_back();
    places_.emplace_back();
    due_.push_back(kNeverDue);
  } else {
    number = unused_.back();
    unused_.pop_back();
  }
  Page& page = pages_[number];
  page = Page();
  page.block = slots > 1 && (slots + 1) * slot_bytes > kPageBytes;
  page.memory = page.block ? blocks_.take() : new unsigned char[slot_bytes * slots];
  page.slot_bytes = static_cast<std::uint32_t>(slot_bytes);
  page.slots = static_cast<std::uint16_t>(slots);
  due_[number] = kNeverDue;
  const auto address = reinterpret_cast<std::uint64_t>(page.memory);
  HF_ASSERT((address & ~kAddressMask) == 0);
  // A page of one slot needs no distance between slots.
  places_[number] = address | (slots > 1 ? static_cast<std::uint64_t>(slot_bytes) << kAddressBits : 0);
  bytes_ += bytes_of(page);
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

std::uint32_t Slab::page_with_room(std::uint32_t size_class) {
  if (classes_.size() <= size_class) classes_.resize(size_class + 1);
  Class& c = classes_[size_class];
  if (c.with_room != kNoPage) return c.with_room;
  const std::size_t slot = bytes_of_class(size_class);
  const std::size_t most = std::clamp<std::size_t>(kPageBytes / slot, 1, page_slots_max_);
  const std::size_t slots = std::min(most, std::size_t{2} << std::min<std::uint32_t>(c.pages, 8));
  const std::uint32_t page = add_page(slot, slots);
  pages_[page].size_class = static_cast<std::uint16_t>(size_class);
  ++c.pages;
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
  const std::uint32_t size_class = class_of(rounded(bytes));
  const std::uint32_t number = page_with_room(size_class);
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
  if (++page.used == page.slots) unlink(classes_[size_class], number);
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
  if (page.used > 0) return;
  unlink(c, number);
  --c.pages;
  remove_page(number);
}

void Slab::remove_page(std::uint32_t number) {
  Page& page = pages_[number];
  bytes_ -= bytes_of(page);
  release(page);
  page = Page();
  places_[number] = 0;
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
