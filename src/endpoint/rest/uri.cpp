#include "endpoint/rest/uri.h"

#include <algorithm>

namespace holdfast::rest {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Bytes> decoded(BytesView text, bool plus_is_blank) {
  Bytes out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

}  // namespace

Target parse_target(BytesView target) {
  Target out;
  if (!target.starts_with('/')) {
    if (const std::size_t scheme = target.find("://"); scheme != BytesView::npos) {
      const std::size_t path = target.find('/', scheme + 3);
      target = path == BytesView::npos ? BytesView() : target.substr(path);
    }
  }
  if (const std::size_t mark = target.find('?'); mark != BytesView::npos) {
    out.query = target.substr(mark + 1);
    target = target.substr(0, mark);
  }
  while (!target.empty()) {
    if (target.front() == '/') target.remove_prefix(1);
    const BytesView segment = target.substr(0, target.find('/'));
    target.remove_prefix(segment.size());
    if (segment.empty() && target.empty()) break;
    if (out.count == kSegmentsMax) {
      out.too_deep = true;
      break;
    }
    out.segments[out.count++] = segment;
  }
  return out;
}

std::optional<Bytes> percent_decoded(BytesView text) { return decoded(text, false); }

std::optional<Bytes> query_parameter(BytesView query, std::string_view name) {
  while (!query.empty()) {
    const BytesView pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    return equals == BytesView::npos ? Bytes() : decoded(pair.substr(equals + 1), true);
  }
  return std::nullopt;
}

}  // namespace holdfast::rest
