// One HTTP/1.1 request as its bytes say, and the pieces of answers.
//
// Owner: a Request borrows from the connection's input or from its reader.  Threads: the connection's loop.
// Waits: never.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"

namespace holdfast::rest {

enum class Method : std::uint8_t { get, head, put, post, del, options, other };
/// "GET"; "" for other.
std::string_view method_name(Method method);
Method method_from_name(std::string_view name);

struct Header {
  BytesView name;
  BytesView value;
};

struct Request {
  Method method = Method::other;
  BytesView method_text;
  BytesView target;       // "/rest/v2/caches/c/k?x=y", as sent
  bool http11 = false;    // else 1.0
  bool keep_alive = false;
  std::vector<Header> headers;
  BytesView body;

  /// "" when absent. Names in any case.
  BytesView header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

bool equal_ignoring_case(std::string_view a, std::string_view b);

/// "HTTP/1.1 404 Not Found\r\n".
std::string_view status_line(int status);
/// "Not Found".
std::string_view reason(int status);

/// "Sun, 06 Nov 1994 08:49:37 GMT", without the fraction of the second.
void append_http_date(Bytes& out, TimeMs when);
/// Milliseconds; -1 for anything but that form.
TimeMs parse_http_date(std::string_view text);
void append_number(Bytes& out, std::int64_t number);

}  // namespace holdfast::rest
