#include "sim/trace.h"

namespace holdfast::sim {

std::string_view step_name(Step step) {
  static constexpr std::string_view kNames[] = {"?", "turn", "timer", "connect", "accept", "refuse", "deliver", "stall", "close", "reset", "disk",
                                                "log", "crash", "power off", "start", "pause", "resume", "cut", "heal", "note", "clock"};
  const auto at = static_cast<std::size_t>(step);
  return at < std::size(kNames) ? kNames[at] : kNames[0];
}

void Trace::mix_text(std::string_view text) {
  mix(text.size());
  while (text.size() >= 8) {
    std::uint64_t word = 0;
    for (int i = 0; i < 8; ++i) word |= std::uint64_t{static_cast<unsigned char>(text[static_cast<std::size_t>(i)])} << (8 * i);
    mix(word);
    text.remove_prefix(8);
  }
  std::uint64_t tail = 0;
  for (const char c : text) tail = tail << 8 | static_cast<unsigned char>(c);
  mix(tail);
}

}  // namespace holdfast::sim
