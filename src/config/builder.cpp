#include "config/builder.h"

#include <algorithm>

namespace holdfast::config {
namespace {

template <class T>
Codec<T> codec_of(Kind kind, std::function<Result<T>(const std::string&)> parse, std::function<std::string(const T&)> print) {
  Codec<T> codec;
  codec.shape.kind = kind;
  codec.parse = std::move(parse);
  codec.print = std::move(print);
  return codec;
}

Codec<std::int64_t> ranged(Kind kind, std::int64_t min, Result<std::int64_t> (*parse)(std::string_view), std::string (*print)(std::int64_t)) {
  auto codec = codec_of<std::int64_t>(kind, {}, print);
  codec.shape.min = min;
  codec.parse = [shape = codec.shape, parse](const std::string& written) -> Result<std::int64_t> {
    HF_ASSIGN(const std::int64_t value, parse(written));
    HF_TRY(check_range(shape, value));
    return value;
  };
  return codec;
}

}  // namespace

Status check_range(const Setting& shape, std::int64_t value) {
  if (value >= shape.min && value <= shape.max) return success();
  std::string range = shape.max == INT64_MAX || shape.max == INT32_MAX
                          ? "at least " + std::to_string(shape.min)
                          : "from " + std::to_string(shape.min) + " to " + std::to_string(shape.max);
  return Error(Errc::invalid_configuration, std::to_string(value) + " is out of range; it must be " + range);
}

Error not_a_choice(const Setting& shape, const std::string& value) {
  std::string names;
  for (const auto& name : shape.choices) names += (names.empty() ? "" : ", ") + name;
  return Error(Errc::invalid_configuration, "'" + value + "' is none of " + names + suggestion(value, shape.choices));
}

Codec<std::string> text() {
  return codec_of<std::string>(
      Kind::text, [](const std::string& written) -> Result<std::string> { return written; },
      [](const std::string& value) { return value; });
}

Codec<bool> boolean() {
  return codec_of<bool>(
      Kind::boolean, [](const std::string& written) { return parse_boolean(written); },
      [](const bool& value) { return std::string(value ? "true" : "false"); });
}

Codec<bool> boolean_choice(std::string when_true, std::string when_false) {
  return choice<bool>({{std::move(when_true), true}, {std::move(when_false), false}});
}

Codec<double> number(std::int64_t min) {
  auto codec = codec_of<double>(Kind::number, {}, [](const double& value) { return print_number(value); });
  codec.shape.min = min;
  codec.parse = [min](const std::string& written) -> Result<double> {
    HF_ASSIGN(const double value, parse_number(written));
    if (value >= static_cast<double>(min)) return value;
    return Error(Errc::invalid_configuration, written + " is out of range; it must be at least " + std::to_string(min));
  };
  return codec;
}

Codec<std::int64_t> duration(std::int64_t min) { return ranged(Kind::duration, min, parse_duration_ms, print_duration_ms); }
Codec<std::int64_t> size(std::int64_t min) { return ranged(Kind::size, min, parse_size_bytes, print_size_bytes); }

Codec<std::vector<std::string>> list() {
  return codec_of<std::vector<std::string>>(
      Kind::list, [](const std::string& written) -> Result<std::vector<std::string>> { return split_list(written); },
      [](const std::vector<std::string>& values) { return join_list(values); });
}

Codec<std::string> text_choice(std::vector<std::string> choices) {
  auto codec = text();
  codec.shape.kind = Kind::choice;
  codec.shape.choices = std::move(choices);
  codec.parse = [shape = codec.shape](const std::string& written) -> Result<std::string> {
    const auto at = std::find(shape.choices.begin(), shape.choices.end(), trim(written));
    if (at == shape.choices.end()) return not_a_choice(shape, written);
    return *at;
  };
  return codec;
}

}  // namespace holdfast::config
