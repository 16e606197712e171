#include "media/media_type.h"

#include <algorithm>
#include <array>
#include <optional>

namespace holdfast::media {
namespace {

struct Predefined {
  std::uint32_t id;
  std::string_view name;
};
constexpr std::array kPredefined = {
    Predefined{1, kJavaObject},
    Predefined{2, kJson},
    Predefined{3, kOctetStream},
    Predefined{4, "application/pdf"},
    Predefined{5, "application/rtf"},
    Predefined{6, "application/zip"},
    Predefined{7, "image/gif"},
    Predefined{8, "image/jpeg"},
    Predefined{9, "image/png"},
    Predefined{10, "text/css"},
    Predefined{11, "text/csv"},
    Predefined{12, kProtostream},
    Predefined{13, kTextPlain},
    Predefined{14, "text/html"},
    Predefined{15, "application/x-jboss-marshalling"},
    Predefined{17, kUnknown},
};

constexpr std::size_t kTypeBytesMax = 1024;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}
std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}
bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}
bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

/// The end of one parameter: the next ';' outside of quotes.
std::size_t parameter_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ';' && !quoted) {
      return i;
    }
  }
  return text.size();
}

/// A parameter's value without its quotes; nothing when they do not close or hold control characters.
std::optional<std::string> unquoted(std::string_view text) {
  if (text.empty() || text.front() != '"') {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '"' && c != ',' && c != '\x7f'; });
    return plain ? std::optional(std::string(text)) : std::nullopt;
  }
  if (text.size() < 2 || text.back() != '"') return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') return std::nullopt;
    if (text[i] == '\\' && ++i + 1 == text.size()) return std::nullopt;  // it was the closing quote that it escaped
    if (static_cast<unsigned char>(text[i]) < ' ' || text[i] == '\x7f') return std::nullopt;
    out += text[i];
  }
  return out;
}

Error malformed(std::string_view text) {
  return Error(Errc::invalid_argument, "'" + std::string(text.substr(0, 100)) + "' is no media type; one looks like \"text/plain; charset=utf-8\"");
}

}  // namespace

Result<MediaType> MediaType::parse(std::string_view text) {
  if (text.size() > kTypeBytesMax) return malformed(text);
  const std::string_view whole = text;
  const std::string_view name = trimmed(text.substr(0, text.find(';')));
  const std::size_t slash = name.find('/');
  if (slash == std::string_view::npos || !is_token(name.substr(0, slash)) || !is_token(name.substr(slash + 1))) return malformed(whole);
  MediaType type;
  type.name_ = lower(name);
  text.remove_prefix(std::min(text.size(), text.find(';')));
  while (!text.empty()) {
    text.remove_prefix(1);  // the ';'
    const std::string_view parameter = trimmed(text.substr(0, parameter_end(text)));
    text.remove_prefix(parameter_end(text));
    if (parameter.empty()) continue;
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos || !is_token(trimmed(parameter.substr(0, equals)))) return malformed(whole);
    auto value = unquoted(trimmed(parameter.substr(equals + 1)));
    if (!value) return malformed(whole);
    type.add_parameter(std::string(trimmed(parameter.substr(0, equals))), std::move(*value));
  }
  return type;
}

MediaType MediaType::from_hotrod_id(std::uint32_t id) {
  MediaType type;
  const auto at = std::find_if(kPredefined.begin(), kPredefined.end(), [&](const Predefined& p) { return p.id == id; });
  if (at != kPredefined.end()) type.name_ = at->name;
  return type;
}

std::uint32_t MediaType::hotrod_id() const {
  const auto at = std::find_if(kPredefined.begin(), kPredefined.end(), [&](const Predefined& p) { return p.name == name_; });
  return at == kPredefined.end() ? 0 : at->id;
}

std::string_view MediaType::parameter(std::string_view name) const {
  const auto at = std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& p) { return p.first == name; });
  return at == parameters_.end() ? std::string_view() : at->second;
}

void MediaType::add_parameter(std::string name, std::string value) {
  parameters_.emplace_back(lower(name), std::move(value));
}

std::string MediaType::to_string() const {
  std::string out = name_;
  for (const auto& [name, value] : parameters_) {
    out += "; " + name + "=";
    if (is_token(value)) {
      out += value;
      continue;
    }
    out += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out;
}

}  // namespace holdfast::media
