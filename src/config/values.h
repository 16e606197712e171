// Values: the words of settings and what they mean. Durations take ms, s, m, h, d (a bare number is milliseconds), sizes
// B, KB ... TB and KiB ... TiB, booleans true and false only.
//
// Owner: stateless.  Threads: any.  Waits: never.
// Fails with: invalid_configuration; the message says what is accepted ("'10 apples' is no duration; ...").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace holdfast::config {

Result<bool> parse_boolean(std::string_view text);
Result<std::int64_t> parse_integer(std::string_view text);
Result<double> parse_number(std::string_view text);
Result<std::int64_t> parse_duration_ms(std::string_view text);   // -1 stays -1
Result<std::int64_t> parse_size_bytes(std::string_view text);    // -1 stays -1
std::string print_number(double value);
std::string print_duration_ms(std::int64_t value);
std::string print_size_bytes(std::int64_t value);  // with the largest unit that is exact

}  // namespace holdfast::config
