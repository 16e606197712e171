#include "base/wildcard.h"

namespace holdfast {

bool is_wildcard(std::string_view name) { return name.find_first_of("*?") != std::string_view::npos; }

bool wildcard_matches(std::string_view wildcard, std::string_view name) {
  std::size_t w = 0, n = 0, star = std::string_view::npos, star_n = 0;
  while (n < name.size()) {
    if (w < wildcard.size() && wildcard[w] == '*') {
      star = w++;
      star_n = n;
    } else if (w < wildcard.size() && (wildcard[w] == '?' || wildcard[w] == name[n])) {
      ++w;
      ++n;
    } else if (star != std::string_view::npos) {
      w = star + 1;
      n = ++star_n;
    } else {
      return false;
    }
  }
  while (w < wildcard.size() && wildcard[w] == '*') ++w;
  return w == wildcard.size();
}

Result<std::optional<std::string>> wildcard_template(std::string_view cache, const std::vector<std::string>& templates) {
  std::optional<std::string> found;
  for (const std::string& name : templates) {
    if (!is_wildcard(name) || !wildcard_matches(name, cache)) continue;
    if (found) {
      return Error(Errc::invalid_configuration, "the name of cache '" + std::string(cache) + "' matches two templates, '" + *found +
                                                    "' and '" + name + "'; say which one with configuration=\"...\"");
    }
    found = name;
  }
  return found;
}

}  // namespace holdfast
