// File names for things that have any name: what a file system may not take is written as %xx.
//
// Owner: stateless.  Threads: any.  Waits: never.  Fails with: nothing.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

/// Different names have different file names, of at most 180 bytes; a long one ends with its hash, so that the name itself
/// belongs into the file. Never empty, "." or "..", and no path.
std::string file_name_of(std::string_view name);

}  // namespace holdfast
