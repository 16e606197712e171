#include "config/properties.h"

namespace holdfast::config {
namespace {

constexpr int kNestingMax = 16;                        // ${a:${b:${c}}}
constexpr std::size_t kValueBytesMax = 1 << 20;        // of one value after its properties are put in

class Resolver {
 public:
  Resolver(const PropertySource& source, const Place& place) : source_(source), place_(place) {}

  Result<std::string> resolve(std::string_view text, int depth) {
    if (depth > kNestingMax) return error_at(place_, "properties are nested deeper than " + std::to_string(kNestingMax));
    std::string out;
    while (true) {
      const auto begin = text.find("${");
      out += text.substr(0, begin);
      if (begin == std::string_view::npos) return out;
      text.remove_prefix(begin + 2);
      const auto end = closing(text);
      if (end == std::string_view::npos) return error_at(place_, "a property '${" + std::string(text.substr(0, 40)) + "' has no closing }");
      HF_ASSIGN(const std::string value, one(text.substr(0, end), depth));
      out += value;
      if (out.size() > kValueBytesMax) return error_at(place_, "the value is longer than 1 MiB after its properties are put in");
      text.remove_prefix(end + 1);
    }
  }

 private:
  /// The } that belongs to an open ${.
  static std::size_t closing(std::string_view text) {
    int open = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.substr(i, 2) == "${") ++open;
      if (text[i] == '}' && open-- == 0) return i;
    }
    return std::string_view::npos;
  }

  /// What stands between ${ and }: names, and a default after the first colon.
  Result<std::string> one(std::string_view inner, int depth) {
    if (inner == "/" || inner == ":") return std::string(inner);  // separators, as the original has them
    const auto colon = inner.find(':');
    const auto names = inner.substr(0, colon);
    for (std::size_t at = 0; at <= names.size();) {
      const auto comma = std::min(names.find(',', at), names.size());
      const std::string name(trim(names.substr(at, comma - at)));
      const auto value = source_ && !name.empty() ? source_(name) : std::nullopt;
      if (value) return *value;
      at = comma + 1;
    }
    if (colon != std::string_view::npos) return resolve(inner.substr(colon + 1), depth + 1);
    return error_at(place_, "the property '" + std::string(names) + "' is not set and has no default; set it with -D" +
                                std::string(names) + "=value or write ${" + std::string(names) + ":default}");
  }

  const PropertySource& source_;
  const Place& place_;
};

}  // namespace

Result<std::string> resolve_properties(std::string_view text, const PropertySource& source, const Place& place) {
  return Resolver(source, place).resolve(text, 0);
}

Status resolve_properties(Node& node, const PropertySource& source) {
  for (auto& attribute : node.attributes) {
    HF_ASSIGN(attribute.value, resolve_properties(attribute.value, source, attribute.place));
  }
  HF_ASSIGN(node.text, resolve_properties(node.text, source, node.place));
  for (auto& child : node.children) HF_TRY(resolve_properties(child, source));
  return success();
}

std::string without_properties(std::string_view text) {
  std::string out(text);
  for (auto at = out.find("${"); at != std::string::npos; at = out.find("${", at + 5)) out.replace(at, 1, "${:$}");
  return out;
}

}  // namespace holdfast::config
