#include "runtime/process_memory.h"

#include <charconv>
#include <string_view>

namespace holdfast::runtime {
namespace {

constexpr std::uint64_t kPageBytes = 4096;

/// The first number in the text from `at` on.
std::uint64_t number_at(std::string_view text, std::size_t at) {
  at = text.find_first_of("0123456789", at);
  std::uint64_t value = 0;
  if (at != std::string_view::npos) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

}  // namespace

ProcessMemory process_memory(Disk& disk) {
  ProcessMemory memory;
  if (const auto pages = disk.read("/proc/self/statm"); pages.ok()) {
    memory.virtual_bytes = number_at(*pages, 0) * kPageBytes;
    memory.resident_bytes = number_at(*pages, pages->find(' ')) * kPageBytes;
  }
  if (const auto machine = disk.read("/proc/meminfo"); machine.ok()) {
    memory.available_bytes = number_at(*machine, machine->find("MemAvailable:")) * 1024;
  }
  return memory;
}

}  // namespace holdfast::runtime
