// Trace: one hash over everything that happened in a simulation. Two runs with the same hash were the same run.
//
// Owner: the Simulation.  Threads: its one.  Waits: never.  Fails with: nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace holdfast::sim {

/// What kinds of things happen; part of the hash, so add at the end only.
enum class Step : std::uint8_t {
  turn = 1, timer, connect, accept, refuse, deliver, stall, close, reset, disk, log, crash, power_off, start, pause, resume, cut, heal, note, clock
};
std::string_view step_name(Step step);

class Trace {
 public:
  /// Shows every step as it happens: time, what, two numbers, text. For people; has no influence on the hash.
  using Sink = std::function<void(Duration at, Step step, std::uint64_t a, std::uint64_t b, std::string_view text)>;

  std::uint64_t hash() const { return hash_; }
  std::uint64_t steps() const { return steps_; }
  void set_sink(Sink sink) { sink_ = std::move(sink); }

  void add(Duration at, Step step, std::uint64_t a, std::uint64_t b = 0, std::string_view text = {}) {
    ++steps_;
    mix((static_cast<std::uint64_t>(at.count()) << 8) | static_cast<std::uint64_t>(step));
    mix(a ^ (b << 32) ^ (b >> 32));
    if (!text.empty()) mix_text(text);
    if (sink_) sink_(at, step, a, b, text);
  }

 private:
  void mix(std::uint64_t x) {
    hash_ = (hash_ ^ x) * 0x9FB21C651E98DF25U;
    hash_ ^= hash_ >> 29;
  }
  void mix_text(std::string_view text);

  std::uint64_t hash_ = 0x243F6A8885A308D3U;
  std::uint64_t steps_ = 0;
  Sink sink_;
};

}  // namespace holdfast::sim
