// Memory of this process and of its machine, as the system tells it in /proc.
//
// Owner: values.  Threads: any.  Waits: for the disk, which is none here.
// Fails with: nothing; figures that the system does not tell are 0.
#pragma once

#include <cstdint>

#include "runtime/disk.h"

namespace holdfast::runtime {

struct ProcessMemory {
  std::uint64_t virtual_bytes = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t available_bytes = 0;  // that the machine could give to processes
};
ProcessMemory process_memory(Disk& disk);

}  // namespace holdfast::runtime
