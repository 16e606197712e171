// Reading without a lock what writers replace: a ReadSection says that its thread is at work, a Limbo keeps what was
// replaced until nobody can see it any more. Entering and leaving are two plain stores; the price is paid by the Limbo,
// which has the system run a memory barrier on every core (membarrier(2)).
//
// What a section reads may be overwritten meanwhile, never unmapped or freed. racing_load() and its like are for such
// bytes: what they give may be anything and counts only once the reader has seen that the writer's version did not change.
//
// Owner: see below.  Threads: any.  Waits: never.  Fails with: nothing; where the system has no membarrier, possible() is
// false and nobody may read without a lock.
#pragma once

#include <emmintrin.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/function.h"
#include "base/mutex.h"

namespace holdfast {

namespace detail {

/// Since when a thread reads; 0 = it does not. A thread's own line.
struct alignas(64) ReaderMark {
  std::atomic<std::uint64_t> since{0};
  std::atomic<bool> owned{true};
  ReaderMark* next = nullptr;
};
extern constinit thread_local ReaderMark* reader_mark;
ReaderMark* make_reader_mark();
extern std::atomic<std::uint64_t> reader_epoch;

}  // namespace detail

/// Not to be nested, and nothing inside may wait.
class ReadSection {
 public:
  ReadSection() : mark_(detail::reader_mark != nullptr ? detail::reader_mark : detail::make_reader_mark()) {
    mark_->since.store(detail::reader_epoch.load(std::memory_order_acquire), std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the processor's order is the Limbo's concern
  }
  ~ReadSection() { mark_->since.store(0, std::memory_order_release); }
  ReadSection(const ReadSection&) = delete;
  ReadSection& operator=(const ReadSection&) = delete;
  static bool possible();

 private:
  detail::ReaderMark* mark_;
};

/// What was taken away from readers and is not gone yet.
class Limbo {
 public:
  Limbo() = default;
  /// Frees everything: nobody may read any more.
  ~Limbo();
  Limbo(const Limbo&) = delete;
  Limbo& operator=(const Limbo&) = delete;

  /// `free` is called once nobody can see the memory any more. New readers must not find it already.
  void retire(std::size_t bytes, UniqueFunction<void()> free);
  /// Enough has come together that reclaim() is worth a system call.
  bool full() const { return waiting_bytes_.load(std::memory_order_relaxed) >= limit_bytes_.load(std::memory_order_relaxed); }
  /// Frees what nobody can see. Not under a lock: it calls the system.
  void reclaim();

 private:
  static constexpr std::size_t kFullBytes = 64 * 1024;
  static constexpr std::size_t kLeastBytes = 2 * 1024;  // what a piece counts at least, so that there are never many
  struct Piece {
    std::size_t bytes;
    std::uint64_t since;  // readers that began then or later do not see it; 0 = not known yet
    UniqueFunction<void()> free;
  };

  SpinLock lock_;
  std::vector<Piece> pieces_ HF_GUARDED_BY(lock_);
  std::atomic<std::size_t> waiting_bytes_{0};
  std::atomic<std::size_t> limit_bytes_{kFullBytes};  // higher while a reader that takes its time keeps pieces here
};

// The thread sanitizer cannot see that a version is checked afterwards, so it is not shown these reads.
#define HF_RACING __attribute__((no_sanitize("thread"))) inline

/// Of an aligned or unaligned place; one load of the processor.
template <class T>
HF_RACING T racing_load(const void* at) {
  typedef T Unaligned __attribute__((aligned(1), may_alias));
  return *static_cast<const volatile Unaligned*>(at);
}
HF_RACING __m128i racing_load_16(const void* at) {
  typedef __m128i Unaligned __attribute__((aligned(1), may_alias));
  return *static_cast<const volatile Unaligned*>(at);
}
HF_RACING void racing_copy_16(void* to, const void* from) { _mm_storeu_si128(static_cast<__m128i*>(to), racing_load_16(from)); }
void racing_copy_few(unsigned char* to, const unsigned char* from, std::size_t bytes);
HF_RACING void racing_copy(void* to, const void* from, std::size_t bytes) {
  auto* t = static_cast<unsigned char*>(to);
  const auto* f = static_cast<const unsigned char*>(from);
  if (bytes < 16) return racing_copy_few(t, f, bytes);
  const unsigned char* const last = f + bytes - 16;
  racing_copy_16(t + bytes - 16, last);
  for (; f + 16 <= last; f += 32, t += 32) {
    racing_copy_16(t, f);
    racing_copy_16(t + 16, f + 16);
  }
  if (f < last) racing_copy_16(t, f);
}
bool racing_equal_few(const unsigned char* racing, const unsigned char* still, std::size_t bytes);
HF_RACING bool racing_equal(const void* racing, const void* still, std::size_t bytes) {
  const auto* a = static_cast<const unsigned char*>(racing);
  const auto* b = static_cast<const unsigned char*>(still);
  if (bytes < 8) return racing_equal_few(a, b, bytes);
  std::size_t at = bytes - 8;
  std::uint64_t difference = racing_load<std::uint64_t>(a + at) ^ racing_load<std::uint64_t>(b + at);
  for (; at >= 8; at -= 8) difference |= racing_load<std::uint64_t>(a + at - 8) ^ racing_load<std::uint64_t>(b + at - 8);
  difference |= racing_load<std::uint64_t>(a) ^ racing_load<std::uint64_t>(b);
  return difference == 0;
}

}  // namespace holdfast
