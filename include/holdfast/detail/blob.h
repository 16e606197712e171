// Blob: a copy of a value that was taken under a lock and is looked at outside of it. Short ones need no allocation.
//
// Owner: the caller's stack.  Threads: one.  Waits: never.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::detail {

class Blob {
 public:
  Blob() {}  // NOLINT: the bytes inside stay as they are
  void assign(std::string_view bytes) {
    size_ = bytes.size();
    if (size_ <= kInsideBytes) {
      std::memcpy(inside_, bytes.data(), size_);
    } else {
      outside_.assign(bytes);
    }
  }
  std::string_view view() const { return size_ <= kInsideBytes ? std::string_view(inside_, size_) : std::string_view(outside_); }
  std::string take() { return size_ <= kInsideBytes ? std::string(inside_, size_) : std::move(outside_); }

 private:
  static constexpr std::size_t kInsideBytes = 512;
  std::size_t size_ = 0;
  std::string outside_;
  char inside_[kInsideBytes];
};

}  // namespace holdfast::detail
