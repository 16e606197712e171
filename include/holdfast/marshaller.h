// Marshaller<T>: how a key or a value of type T becomes bytes and comes back. Strings, byte vectors, numbers, bool and
// enumerations need nothing; a type of your own needs one specialisation:
//
//   template <> struct holdfast::Marshaller<Point> {
//     static std::string to_bytes(const Point& p);         // anything that converts to std::string_view
//     static Point from_bytes(std::string_view bytes);     // may throw
//   };
//
// Keys are equal when their bytes are equal. Numbers are written as they lie in memory, little endian. In a cache with a
// declared encoding (application/x-protostream, ...) strings, byte vectors and numbers are converted to it; the bytes of
// a type of your own are stored as they are, unless its Marshaller says what they are:
// `static constexpr std::string_view kMediaType = "application/json";`
//
// Owner: stateless.  Threads: any; to_bytes and from_bytes run on the caller's thread, outside of locks.  Waits: never.
// Fails with: CacheException (corrupt) when bytes are not of the type.
#pragma once

#include <holdfast/detail/number_type.h>
#include <holdfast/error.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace holdfast {

/// Specialise this for a type of your own.
template <class T, class = void>
struct Marshaller;

template <>
struct Marshaller<std::string> {
  using Argument = std::string_view;  // so that literals and views make no string first
  static constexpr std::string_view kMediaType = "text/plain";
  static std::string_view to_bytes(std::string_view text) { return text; }
  static std::string from_bytes(std::string_view bytes) { return std::string(bytes); }
};

namespace detail {

/// The bytes of a number, without an allocation.
template <std::size_t N>
struct NumberBytes {
  char bytes[N];
  operator std::string_view() const { return {bytes, N}; }  // NOLINT: implicit on purpose
};

template <class T>
inline constexpr bool is_byte = std::is_same_v<T, std::byte> || std::is_same_v<T, char> || std::is_same_v<T, unsigned char>;

}  // namespace detail

template <class T>
struct Marshaller<T, std::enable_if_t<std::is_arithmetic_v<T> || std::is_enum_v<T>>> {
  static_assert(std::endian::native == std::endian::little, "numbers are written as they lie in memory");
  using Argument = T;
  static constexpr std::string_view kMediaType = detail::number_media_type<T>();
  static detail::NumberBytes<sizeof(T)> to_bytes(T number) {
    detail::NumberBytes<sizeof(T)> out;
    std::memcpy(out.bytes, &number, sizeof(T));
    return out;
  }
  static T from_bytes(std::string_view bytes) {
    if (bytes.size() != sizeof(T)) {
      throw CacheException(Errc::corrupt, "a number of " + std::to_string(sizeof(T)) + " bytes was expected, but " +
                                              std::to_string(bytes.size()) + " bytes are stored; use the type that wrote them");
    }
    T number;
    std::memcpy(&number, bytes.data(), sizeof(T));
    return number;
  }
};

template <class Byte>
struct Marshaller<std::vector<Byte>, std::enable_if_t<detail::is_byte<Byte>>> {
  static constexpr std::string_view kMediaType = "application/octet-stream";
  static std::string_view to_bytes(const std::vector<Byte>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  static std::vector<Byte> from_bytes(std::string_view bytes) {
    const auto* first = reinterpret_cast<const Byte*>(bytes.data());
    return std::vector<Byte>(first, first + bytes.size());
  }
};

namespace detail {

template <class T, class = void>
struct ArgumentOf {
  using type = const T&;
};
template <class T>
struct ArgumentOf<T, std::void_t<typename Marshaller<T>::Argument>> {
  using type = typename Marshaller<T>::Argument;
};
/// How a T is passed to a cache.
template <class T>
using Argument = typename ArgumentOf<T>::type;

/// What bytes of a T are, as far as its marshaller says.
template <class T>
constexpr std::string_view media_type() {
  if constexpr (requires { Marshaller<T>::kMediaType; }) {
    return Marshaller<T>::kMediaType;
  } else {
    return {};
  }
}

/// The bytes of a T for the length of a call.
template <class T>
class Encoded {
 public:
  explicit Encoded(Argument<T> value) : bytes_(Marshaller<T>::to_bytes(value)) {}
  operator std::string_view() const { return std::string_view(bytes_); }  // NOLINT: implicit on purpose

 private:
  decltype(Marshaller<T>::to_bytes(std::declval<Argument<T>>())) bytes_;
};

}  // namespace detail
}  // namespace holdfast
