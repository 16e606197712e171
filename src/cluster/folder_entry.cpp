#include "cluster/folder_entry.h"

#include <charconv>

namespace holdfast::cluster {
namespace {

constexpr BytesView kHead = "holdfast node 1\n";
constexpr std::size_t kEntryBytesMax = 4096;

/// The value of "name=value\n" at the front of `text`, which shrinks.
std::optional<BytesView> take_line(BytesView& text, BytesView name) {
  const std::size_t end = text.find('\n');
  if (end == BytesView::npos || !text.starts_with(name) || text.size() <= name.size() || text[name.size()] != '=') return std::nullopt;
  const BytesView value = text.substr(name.size() + 1, end - name.size() - 1);
  text.remove_prefix(end + 1);
  return value;
}

template <class Number>
bool take_number(BytesView& text, BytesView name, Number& into) {
  const auto value = take_line(text, name);
  if (!value) return false;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), into);
  return error == std::errc() && end == value->data() + value->size();
}

}  // namespace

/// The name comes last, since it may hold anything.
Bytes write_folder_entry(const FolderEntry& entry) {
  return Bytes(kHead) + "host=" + entry.at.host + "\nport=" + std::to_string(entry.at.port) + "\nincarnation=" + std::to_string(entry.node.incarnation) +
         "\nbeat=" + std::to_string(entry.beat) + "\nname=" + entry.node.name;
}

std::optional<FolderEntry> read_folder_entry(BytesView text) {
  if (text.size() > kEntryBytesMax || !text.starts_with(kHead)) return std::nullopt;
  text.remove_prefix(kHead.size());
  FolderEntry entry;
  const auto host = take_line(text, "host");
  if (!host || host->empty() || !take_number(text, "port", entry.at.port) || entry.at.port == 0) return std::nullopt;
  entry.at.host = *host;
  if (!take_number(text, "incarnation", entry.node.incarnation) || !take_number(text, "beat", entry.beat)) return std::nullopt;
  if (!text.starts_with("name=") || text.size() == 5) return std::nullopt;
  entry.node.name = text.substr(5);
  return entry;
}

std::string file_name_of(const std::string& text) {
  constexpr const char* kHex = "0123456789abcdef";
  std::string name;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (c == '.' && !name.empty());
    if (plain) {
      name += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);  // capitals too: some file systems take them for small letters
    name += {'_', kHex[byte >> 4], kHex[byte & 15]};
  }
  return name;
}

}  // namespace holdfast::cluster
