#include <cstdint>

#include "base/assert.h"
#include "cluster/folder_entry.h"
#include "cluster/multicast_message.h"

// What is read from the group or from the folder is written and read again as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  const BytesView input(reinterpret_cast<const char*>(data), size);
  if (const auto message = cluster::read_multicast_message(input)) {
    Bytes wire;
    cluster::append_multicast_message(wire, *message);
    HF_ASSERT(cluster::read_multicast_message(wire) == message);
  }
  if (const auto entry = cluster::read_folder_entry(input)) {
    HF_ASSERT(cluster::read_folder_entry(cluster::write_folder_entry(*entry)) == entry);
  }
  return 0;
}
