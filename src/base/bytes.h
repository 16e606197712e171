// Byte strings: owned and borrowed sequences of raw bytes. They are std::string and
// std::string_view under a name that says that nothing about text is meant.
//
// Owner: Bytes owns, BytesView borrows.  Threads: as std::string.  Waits: never.  Fails with: nothing.
#pragma once

#include <string>
#include <string_view>

namespace holdfast {

using Bytes = std::string;
using BytesView = std::string_view;

}  // namespace holdfast
