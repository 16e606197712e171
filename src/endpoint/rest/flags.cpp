#include "endpoint/rest/flags.h"

#include "base/function.h"
#include "endpoint/rest/http_message.h"

namespace holdfast::rest {
namespace {

struct Row {
  std::string_view name;
  WriteFlag flag;
};
/// Those with WriteFlag::none have nothing to switch off here.
constexpr Row kFlags[] = {
    {"IGNORE_RETURN_VALUES", WriteFlag::ignore_return_values},
    {"SKIP_CACHE_LOAD", WriteFlag::skip_cache_load},
    {"SKIP_INDEXING", WriteFlag::skip_indexing},
    {"SKIP_LISTENER_NOTIFICATION", WriteFlag::skip_listeners},
    {"SKIP_STATISTICS", WriteFlag::skip_statistics},
    {"CACHE_MODE_LOCAL", WriteFlag::none},
    {"FORCE_SYNCHRONOUS", WriteFlag::none},
    {"FORCE_ASYNCHRONOUS", WriteFlag::none},
    {"SKIP_CACHE_STORE", WriteFlag::none},
    {"SKIP_REMOTE_LOOKUP", WriteFlag::none},
    {"FAIL_SILENTLY", WriteFlag::none},
    {"ZERO_LOCK_ACQUISITION_TIMEOUT", WriteFlag::none},
};

Status for_each_word(std::string_view header, FunctionRef<bool(std::string_view)> take) {
  while (!header.empty()) {
    const std::size_t end = header.find_first_of(", \t");
    const std::string_view word = header.substr(0, end);
    header.remove_prefix(end == std::string_view::npos ? header.size() : end + 1);
    if (!word.empty() && !take(word)) return Error(Errc::invalid_argument, "flags: there is no flag '" + std::string(word.substr(0, 60)) + "' here");
  }
  return success();
}

}  // namespace

Result<WriteFlag> parse_write_flags(std::string_view header) {
  WriteFlag flags = WriteFlag::none;
  HF_TRY(for_each_word(header, [&](std::string_view word) {
    for (const Row& row : kFlags) {
      if (!equal_ignoring_case(row.name, word)) continue;
      flags = flags | row.flag;
      return true;
    }
    return false;
  }));
  return flags;
}

Result<engine::CreateOptions> parse_create_flags(std::string_view header) {
  engine::CreateOptions options;
  HF_TRY(for_each_word(header, [&](std::string_view word) {
    if (equal_ignoring_case(word, "VOLATILE")) return options.volatile_definition = true;
    if (equal_ignoring_case(word, "UPDATE")) return options.or_update = true;
    return equal_ignoring_case(word, "PERMANENT");
  }));
  return options;
}

}  // namespace holdfast::rest
