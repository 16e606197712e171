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
  static constexpr std::size_t kInsideBytes = 512;

  Blob() {}  // NOLINT: the bytes inside stay as they are
  ~Blob() {
    if (is_outside()) outside_.~basic_string();
  }
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  void assign(std::string_view bytes) {
    if (bytes.size() <= kInsideBytes) {
      fill(bytes.size());
      std::memcpy(inside_, bytes.data(), size_);
    } else if (is_outside()) {
      outside_ = bytes;
    } else {
      new (&outside_) std::string(bytes);
      size_ = kOutside;
    }
  }
  /// kInsideBytes that somebody else may write to; then fill() says how many came.
  char* room() {
    fill(0);
    return inside_;
  }
  void fill(std::size_t bytes) {
    if (is_outside()) outside_.~basic_string();
    size_ = bytes;
  }
  std::string_view view() const { return is_outside() ? std::string_view(outside_) : std::string_view(inside_, size_); }
  std::string take() { return is_outside() ? std::move(outside_) : std::string(inside_, size_); }

 private:
  static constexpr std::size_t kOutside = kInsideBytes + 1;
  bool is_outside() const { return size_ == kOutside; }

  std::size_t size_ = 0;  // kOutside: as the string says
  union {
    char inside_[kInsideBytes];
    std::string outside_;
  };
};

}  // namespace holdfast::detail
