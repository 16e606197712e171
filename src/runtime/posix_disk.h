// Disk on POSIX files.
//
// Owner: PosixRuntime.  Threads: any.  Waits: blocks the thread for the disk.  Fails with: as runtime/disk.h.
#pragma once

#include <memory>

#include "runtime/disk.h"

namespace holdfast::runtime {

std::unique_ptr<Disk> make_posix_disk();

}  // namespace holdfast::runtime
