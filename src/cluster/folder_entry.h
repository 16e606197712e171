// What a node leaves in the shared folder of FILE_PING: a small text that people can read.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: read_folder_entry() gives nothing for a text that is none.
#pragma once

#include <optional>
#include <string>

#include "model/address.h"
#include "runtime/net.h"

namespace holdfast::cluster {

struct FolderEntry {
  Address node;
  runtime::Endpoint at;
  std::uint64_t beat = 0;  // grows each time the node writes it again
  friend bool operator==(const FolderEntry&, const FolderEntry&) = default;
};

Bytes write_folder_entry(const FolderEntry& entry);
std::optional<FolderEntry> read_folder_entry(BytesView text);
/// A name that every file system takes, different for different texts.
std::string file_name_of(const std::string& text);

}  // namespace holdfast::cluster
