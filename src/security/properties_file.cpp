#include "security/properties_file.h"

#include <algorithm>
#include <optional>

#include "security/crypto.h"
#include "security/stored_password.h"

namespace holdfast::security {
namespace {

constexpr std::string_view kBlanks = " \t\f\r";
constexpr std::string_view kRealmHeader = "$REALM_NAME=";
constexpr std::string_view kAlgorithmHeader = "$ALGORITHM=";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string_view without_indent(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of(kBlanks), text.size()));
}

Error malformed(const std::string& path, std::size_t line, const std::string& what) {
  return {Errc::corrupt, path + ":" + std::to_string(line) + ": " + what};
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

/// One logical line: continuations joined, still with its escapes.
struct Line {
  std::string text;
  std::size_t number = 0;  // where it begins
};

/// Cuts a text into logical lines. Comments come out as they are.
class Lines {
 public:
  explicit Lines(BytesView text) : rest_(text) {
    if (rest_.starts_with("\xef\xbb\xbf")) rest_.remove_prefix(3);
  }

  bool next(Line& line) {
    if (rest_.empty()) return false;
    line.number = number_ + 1;
    line.text = take();
    const bool comment = line.text.starts_with('#') || line.text.starts_with('!');
    while (!comment && continues(line.text) && !rest_.empty()) {
      line.text.pop_back();
      line.text += take();
    }
    return true;
  }

 private:
  std::string_view take() {
    ++number_;
    const std::size_t end = rest_.find('\n');
    std::string_view physical = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (physical.ends_with('\r')) physical.remove_suffix(1);
    return without_indent(physical);
  }
  /// An odd number of backslashes at the end.
  static bool continues(const std::string& text) {
    const std::size_t last = text.find_last_not_of('\\');
    return (text.size() - (last == std::string::npos ? 0 : last + 1)) % 2 == 1;
  }

  std::string_view rest_;
  std::size_t number_ = 0;
};

/// Splits a logical line in key and value, and takes the escapes out of both.
class Splitter {
 public:
  /// With `blanks_separate`, as in plain Java properties, blanks end the key too.
  Splitter(std::string_view line, bool blanks_separate) : rest_(line), blanks_separate_(blanks_separate) {}

  bool split() {
    if (!take_part(key, true)) return false;
    separator_ = !rest_.empty();
    skip_separator();
    return take_part(value, false);
  }
  bool has_separator() const { return separator_; }

  std::string key;
  std::string value;

 private:
  /// Everything up to the end or the separator, without the blanks around it that no escape protects.
  bool take_part(std::string& out, bool until_separator) {
    std::size_t kept = 0;
    while (!rest_.empty() && !(until_separator && separated())) {
      const bool escaped = rest_.front() == '\\';
      if (!take(out)) return false;
      if (escaped || kBlanks.find(out.back()) == std::string_view::npos) kept = out.size();
    }
    out.resize(kept);
    return true;
  }
  bool separated() const {
    const char c = rest_.front();
    return c == '=' || c == ':' || (blanks_separate_ && kBlanks.find(c) != std::string_view::npos);
  }
  void skip_separator() {
    rest_ = without_indent(rest_);
    if (!rest_.empty() && (rest_.front() == '=' || rest_.front() == ':')) rest_ = without_indent(rest_.substr(1));
  }
  /// Moves one character, or what an escape means; false for a malformed \u.
  bool take(std::string& out) {
    const char c = pop();
    if (c != '\\' || rest_.empty()) {
      out += c;
      return true;
    }
    const char marker = pop();
    if (marker == 'u') return take_unicode(out);
    static constexpr std::string_view kMarkers = "tnrf";
    static constexpr std::string_view kMeanings = "\t\n\r\f";
    const std::size_t known = kMarkers.find(marker);
    out += known == std::string_view::npos ? marker : kMeanings[known];
    return true;
  }
  bool take_unicode(std::string& out) {
    std::uint32_t unit = 0;
    if (!take_hex(unit)) return false;
    if (unit >= 0xd800 && unit < 0xdc00) {
      std::uint32_t low = 0;
      if (!rest_.starts_with("\\u")) return false;
      rest_.remove_prefix(2);
      if (!take_hex(low) || low < 0xdc00 || low > 0xdfff) return false;
      unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
      return false;
    }
    append_utf8(out, unit);
    return true;
  }
  bool take_hex(std::uint32_t& unit) {
    if (rest_.size() < 4) return false;
    for (int i = 0; i < 4; ++i) {
      const char c = pop();
      const bool digit = c >= '0' && c <= '9';
      const char lower = static_cast<char>(c | 0x20);
      if (!digit && (lower < 'a' || lower > 'f')) return false;
      unit = unit << 4 | static_cast<std::uint32_t>(digit ? c - '0' : lower - 'a' + 10);
    }
    return true;
  }
  char pop() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  std::string_view rest_;
  bool blanks_separate_;
  bool separator_ = false;
};

/// The value of a header such as #$REALM_NAME=default$.
std::optional<std::string> header(std::string_view comment, std::string_view name) {
  const std::size_t at = comment.find(name);
  if (at == std::string_view::npos || !comment.starts_with('#')) return std::nullopt;
  const std::string_view value = comment.substr(at + name.size());
  const std::size_t end = value.find('$');
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(value.substr(0, end));
}

/// "scram-sha-256:BASE64;digest-md5:BASE64;"
Result<Credential> parse_encrypted(std::string_view value) {
  Credential credential;
  while (!value.empty()) {
    const std::size_t end = value.find(';');
    const std::string_view form = trim(value.substr(0, end));
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    if (form.empty()) continue;
    const std::size_t colon = form.find(':');
    if (colon == std::string_view::npos) return Error(Errc::corrupt, "a stored password must look like algorithm:base64");
    const std::string algorithm(form.substr(0, colon));
    const std::optional<Bytes> bytes = from_base64(form.substr(colon + 1));
    if (!bytes) return Error(Errc::corrupt, "what is stored under '" + algorithm + "' is not base64");
    HF_TRY(check_stored(algorithm, *bytes));
    credential.hashed[algorithm] = *bytes;
  }
  return credential;
}

Status apply_header(const Line& line, const std::string& path, UsersFile& file) {
  if (auto realm = header(line.text, kRealmHeader)) file.realm = *realm;
  if (auto algorithm = header(line.text, kAlgorithmHeader)) {
    file.encrypted = *algorithm == "encrypted";
    if (!file.encrypted && *algorithm != "clear") {
      return malformed(path, line.number, "the algorithm must be 'clear' or 'encrypted', not '" + *algorithm + "'");
    }
  }
  return success();
}

bool is_comment(const Line& line) { return line.text.starts_with('#') || line.text.starts_with('!'); }

}  // namespace

Result<UsersFile> parse_users(BytesView text, const std::string& path) {
  UsersFile file;
  Lines lines(text);
  for (Line line; lines.next(line);) {
    if (is_comment(line)) {
      HF_TRY(apply_header(line, path, file));
      continue;
    }
    if (trim(line.text).empty()) continue;
    Splitter property(line.text, false);
    if (!property.split()) return malformed(path, line.number, "a \\u escape must be followed by four hexadecimal digits");
    if (!property.has_separator() || property.key.empty()) return malformed(path, line.number, "a line must look like user=password");
    Credential credential;
    if (file.encrypted) {
      auto stored = parse_encrypted(property.value);
      if (!stored.ok()) return malformed(path, line.number, stored.error().message());
      credential = std::move(stored).value();
    } else {
      credential.clear = property.value;
    }
    file.users[property.key] = std::move(credential);
  }
  return file;
}

Result<std::map<std::string, std::string>> parse_properties(BytesView text, const std::string& path) {
  std::map<std::string, std::string> properties;
  Lines lines(text);
  for (Line line; lines.next(line);) {
    if (is_comment(line) || trim(line.text).empty()) continue;
    Splitter property(line.text, false);
    if (!property.split()) return malformed(path, line.number, "a \\u escape must be followed by four hexadecimal digits");
    properties[property.key] = property.value;
  }
  return properties;
}

Result<Groups> parse_groups(BytesView text, const std::string& path) {
  Groups groups;
  Lines lines(text);
  for (Line line; lines.next(line);) {
    if (is_comment(line) || trim(line.text).empty()) continue;
    Splitter property(line.text, true);
    if (!property.split()) return malformed(path, line.number, "a \\u escape must be followed by four hexadecimal digits");
    if (property.key.empty()) return malformed(path, line.number, "a line must look like user=group1,group2");
    std::vector<std::string>& names = groups[property.key];
    names.clear();
    for (std::string_view rest = property.value; !rest.empty();) {
      const std::size_t comma = rest.find(',');
      const std::string_view name = trim(rest.substr(0, comma));
      if (!name.empty()) names.emplace_back(name);
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  return groups;
}

}  // namespace holdfast::security
