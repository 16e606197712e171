#include "config/node.h"

#include <algorithm>

namespace holdfast::config {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kSeparators = " \t\r\n,";
constexpr std::size_t kNameBytesMax = 64;  // longer names get no suggestion

/// Edits (insert, remove, change, swap neighbours) from a to b.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string Place::text() const {
  std::string text = file ? *file : "<made up>";
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  return text;
}

Error error_at(const Place& place, const std::string& sentence) {
  return Error(Errc::invalid_configuration, place.text() + ": " + sentence);
}

const NodeAttribute* Node::attribute(std::string_view wanted) const {
  const auto at = std::find_if(attributes.begin(), attributes.end(), [&](const auto& a) { return a.name == wanted; });
  return at == attributes.end() ? nullptr : &*at;
}

std::string suggestion(std::string_view written, const std::vector<std::string>& names) {
  if (written.empty() || written.size() > kNameBytesMax) return "";
  const std::string* best = nullptr;
  std::size_t nearest = 2 + written.size() / 4;
  for (const auto& name : names) {
    const std::size_t edits = name.size() > kNameBytesMax ? nearest : distance(written, name);
    const bool part = written.size() >= 4 && name.find(written) != std::string::npos;
    const std::size_t counted = part ? std::min<std::size_t>(edits, 2) : edits;
    if (counted >= nearest || edits >= std::max(name.size(), written.size())) continue;
    nearest = counted;
    best = &name;
  }
  return best ? ", did you mean " + *best + "?" : "";
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> values;
  while (true) {
    const auto begin = text.find_first_not_of(kSeparators);
    if (begin == std::string_view::npos) return values;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(kSeparators), text.size());
    values.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string join_list(const std::vector<std::string>& values) {
  std::string text;
  for (const auto& value : values) text += (text.empty() ? "" : " ") + value;
  return text;
}

std::string_view trim(std::string_view text) {
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace holdfast::config
