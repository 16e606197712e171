#include "base/reading.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

namespace holdfast {
namespace detail {

constinit thread_local ReaderMark* reader_mark = nullptr;
constinit std::atomic<std::uint64_t> reader_epoch{1};

namespace {

constinit std::atomic<ReaderMark*> all_marks{nullptr};

/// Gives the thread's mark to whoever comes next.
struct MarkOwner {
  ReaderMark* mark;
  ~MarkOwner() {
    reader_mark = nullptr;
    mark->owned.store(false, std::memory_order_release);
  }
};

/// Marks are never freed, so that they can be walked without a lock; there are as many as threads at a time.
ReaderMark* take_mark() {
  for (ReaderMark* m = all_marks.load(std::memory_order_acquire); m != nullptr; m = m->next) {
    if (!m->owned.load(std::memory_order_relaxed) && !m->owned.exchange(true, std::memory_order_acquire)) return m;
  }
  auto* fresh = new ReaderMark;
  fresh->next = all_marks.load(std::memory_order_relaxed);
  while (!all_marks.compare_exchange_weak(fresh->next, fresh, std::memory_order_release, std::memory_order_relaxed)) {
  }
  return fresh;
}

std::uint64_t oldest_reader() {
  std::uint64_t oldest = UINT64_MAX;
  for (const ReaderMark* m = all_marks.load(std::memory_order_acquire); m != nullptr; m = m->next) {
    if (const std::uint64_t since = m->since.load(std::memory_order_acquire); since != 0) oldest = std::min(oldest, since);
  }
  return oldest;
}

}  // namespace

ReaderMark* make_reader_mark() {
  // A thread that reads while its locals are destroyed gets a second mark, which it keeps.
  thread_local bool had_one = false;
  reader_mark = take_mark();
  if (!std::exchange(had_one, true)) {
    thread_local MarkOwner owner{reader_mark};
  }
  return reader_mark;
}

}  // namespace detail

void racing_copy_few(unsigned char* to, const unsigned char* from, std::size_t bytes) {
  for (std::size_t at = 0; at < bytes; ++at) to[at] = racing_load<unsigned char>(from + at);
}

bool racing_equal_few(const unsigned char* racing, const unsigned char* still, std::size_t bytes) {
  std::size_t at = 0;
  while (at < bytes && racing_load<unsigned char>(racing + at) == still[at]) ++at;
  return at == bytes;
}

bool ReadSection::possible() {
  static const bool registered = ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  return registered;
}

Limbo::~Limbo() {
  for (Piece& piece : pieces_) piece.free();
}

void Limbo::retire(std::size_t bytes, UniqueFunction<void()> free) {
  if (!ReadSection::possible()) return free();
  bytes = std::max(bytes, kLeastBytes);
  Locked locked(lock_);
  pieces_.push_back({bytes, 0, std::move(free)});
  waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

/// A reader that began before the epoch changed may see pieces that were retired before; its mark is visible after the
/// barrier. One that begins later finds the pieces' successors.
void Limbo::reclaim() {
  std::vector<Piece> mine;
  {
    Locked locked(lock_);
    mine.swap(pieces_);
    waiting_bytes_.store(0, std::memory_order_relaxed);
  }
  const std::uint64_t now = detail::reader_epoch.fetch_add(1, std::memory_order_acq_rel) + 1;
  ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  const std::uint64_t oldest = detail::oldest_reader();
  std::vector<Piece> seen;
  for (Piece& piece : mine) {
    if (piece.since == 0) piece.since = now;
    if (piece.since <= oldest) {
      piece.free();
    } else {
      seen.push_back(std::move(piece));
    }
  }
  Locked locked(lock_);
  for (Piece& piece : seen) {
    waiting_bytes_.fetch_add(piece.bytes, std::memory_order_relaxed);
    pieces_.push_back(std::move(piece));
  }
  limit_bytes_.store(waiting_bytes_.load(std::memory_order_relaxed) + kFullBytes, std::memory_order_relaxed);
}

}  // namespace holdfast
