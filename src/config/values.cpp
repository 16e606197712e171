#include "config/values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "config/node.h"

namespace holdfast::config {
namespace {

using Unit = std::pair<std::string_view, std::int64_t>;
constexpr std::array<Unit, 5> kDurations{{{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}}};
// From the largest, so that printing takes the first that is exact.
constexpr std::array<Unit, 9> kSizes{{{"TiB", std::int64_t{1} << 40}, {"TB", 1000000000000}, {"GiB", 1 << 30},
                                      {"GB", 1000000000}, {"MiB", 1 << 20}, {"MB", 1000000}, {"KiB", 1 << 10},
                                      {"KB", 1000}, {"B", 1}}};

Error wrong(std::string_view text, const std::string& what) {
  return Error(Errc::invalid_configuration, "'" + std::string(text) + "' is " + what);
}

/// The number that text begins with; what follows it comes back in `rest`.
template <class T>
bool read_number(std::string_view text, T& value, std::string_view& rest) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  rest = std::string_view(end, static_cast<std::size_t>(text.data() + text.size() - end));
  return error == std::errc() && end != text.data();
}

template <std::size_t N>
Result<std::int64_t> parse_quantity(std::string_view written, const std::array<Unit, N>& units, const std::string& what) {
  const auto text = trim(written);
  std::int64_t whole = 0;
  std::string_view rest;
  if (read_number(text, whole, rest) && rest.empty()) {
    if (whole < -1) return wrong(written, "negative; " + what);
    return whole;
  }
  double value = 0;
  if (!read_number(text, value, rest) || !std::isfinite(value)) return wrong(written, what);
  const auto unit = trim(rest);
  for (const auto& [name, factor] : units) {
    if (unit != name) continue;
    const double scaled = value * static_cast<double>(factor);
    if (scaled < 0) return wrong(written, "negative; " + what);
    if (scaled >= static_cast<double>(std::numeric_limits<std::int64_t>::max())) return wrong(written, "too large");
    return static_cast<std::int64_t>(std::llround(scaled));
  }
  return wrong(written, what);
}

}  // namespace

Result<bool> parse_boolean(std::string_view written) {
  const auto text = trim(written);
  if (text == "true") return true;
  if (text == "false") return false;
  return wrong(written, "neither true nor false");
}

Result<std::int64_t> parse_integer(std::string_view written) {
  std::int64_t value = 0;
  std::string_view rest;
  if (!read_number(trim(written), value, rest) || !rest.empty()) return wrong(written, "no whole number");
  return value;
}

Result<double> parse_number(std::string_view written) {
  double value = 0;
  std::string_view rest;
  if (!read_number(trim(written), value, rest) || !rest.empty() || !std::isfinite(value)) return wrong(written, "no number");
  return value;
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  return parse_quantity(text, kDurations, "no duration; write a number with ms, s, m, h or d (no unit: milliseconds)");
}

Result<std::int64_t> parse_size_bytes(std::string_view text) {
  return parse_quantity(text, kSizes, "no size; write a number with B, KB, MB, GB, TB, KiB, MiB, GiB or TiB (no unit: bytes)");
}

std::string print_number(double value) {
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  std::string text(buffer, end);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string print_duration_ms(std::int64_t value) { return std::to_string(value); }

std::string print_size_bytes(std::int64_t value) {
  if (value <= 0) return std::to_string(value);
  for (const auto& [name, factor] : kSizes) {
    if (factor > 1 && value % factor == 0) return std::to_string(value / factor) + std::string(name);
  }
  return std::to_string(value);
}

}  // namespace holdfast::config
