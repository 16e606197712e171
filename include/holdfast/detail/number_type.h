// NumberType: what a number in a program's memory is, so that a cache with a declared encoding can convert it.
//
// Owner: values.  Threads: as values.  Waits: never.
#pragma once

#include <string_view>
#include <type_traits>

namespace holdfast::detail {

struct NumberType {
  char kind = 'i';      // i signed, u unsigned, f floating point, b bool
  int bytes = 4;
};

inline constexpr std::string_view kNumberMediaType = "application/x-holdfast-number";

/// "application/x-holdfast-number;kind=i4"
template <class T>
constexpr std::string_view number_media_type() {
  if constexpr (std::is_enum_v<T>) {
    return number_media_type<std::underlying_type_t<T>>();
  } else if constexpr (std::is_same_v<T, bool>) {
    return "application/x-holdfast-number;kind=b1";
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? "application/x-holdfast-number;kind=f4" : "application/x-holdfast-number;kind=f8";
  } else {
    constexpr std::string_view kSigned[] = {"application/x-holdfast-number;kind=i1", "application/x-holdfast-number;kind=i2",
                                            "application/x-holdfast-number;kind=i4", "application/x-holdfast-number;kind=i8"};
    constexpr std::string_view kUnsigned[] = {"application/x-holdfast-number;kind=u1", "application/x-holdfast-number;kind=u2",
                                              "application/x-holdfast-number;kind=u4", "application/x-holdfast-number;kind=u8"};
    constexpr int kLog = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    return std::is_signed_v<T> ? kSigned[kLog] : kUnsigned[kLog];
  }
}

}  // namespace holdfast::detail
