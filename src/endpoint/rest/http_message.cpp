#include "endpoint/rest/http_message.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace holdfast::rest {
namespace {

constexpr std::array<std::string_view, 6> kMethods = {"GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"};

struct StatusRow {
  int status;
  std::string_view line;
};
constexpr StatusRow kStatus[] = {
    {100, "HTTP/1.1 100 Continue\r\n"},
    {200, "HTTP/1.1 200 OK\r\n"},
    {201, "HTTP/1.1 201 Created\r\n"},
    {204, "HTTP/1.1 204 No Content\r\n"},
    {304, "HTTP/1.1 304 Not Modified\r\n"},
    {400, "HTTP/1.1 400 Bad Request\r\n"},
    {401, "HTTP/1.1 401 Unauthorized\r\n"},
    {403, "HTTP/1.1 403 Forbidden\r\n"},
    {404, "HTTP/1.1 404 Not Found\r\n"},
    {405, "HTTP/1.1 405 Method Not Allowed\r\n"},
    {406, "HTTP/1.1 406 Not Acceptable\r\n"},
    {409, "HTTP/1.1 409 Conflict\r\n"},
    {412, "HTTP/1.1 412 Precondition Failed\r\n"},
    {413, "HTTP/1.1 413 Content Too Large\r\n"},
    {415, "HTTP/1.1 415 Unsupported Media Type\r\n"},
    {417, "HTTP/1.1 417 Expectation Failed\r\n"},
    {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"},
    {500, "HTTP/1.1 500 Internal Server Error\r\n"},
    {501, "HTTP/1.1 501 Not Implemented\r\n"},
    {503, "HTTP/1.1 503 Service Unavailable\r\n"},
    {504, "HTTP/1.1 504 Gateway Timeout\r\n"},
    {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n"},
};

constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

/// Two decimal digits, or -1.
int two_digits(std::string_view text, std::size_t at) {
  const char a = text[at];
  const char b = text[at + 1];
  return a >= '0' && a <= '9' && b >= '0' && b <= '9' ? (a - '0') * 10 + (b - '0') : -1;
}

void append_two(char* at, int value) {
  at[0] = static_cast<char>('0' + value / 10);
  at[1] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::string_view method_name(Method method) { return method == Method::other ? std::string_view() : kMethods[static_cast<std::size_t>(method)]; }

Method method_from_name(std::string_view name) {
  const auto at = std::find(kMethods.begin(), kMethods.end(), name);
  return static_cast<Method>(at - kMethods.begin());
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

BytesView Request::header(std::string_view name) const {
  for (const Header& h : headers) {
    if (equal_ignoring_case(h.name, name)) return h.value;
  }
  return {};
}

bool Request::has_header(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [&](const Header& h) { return equal_ignoring_case(h.name, name); });
}

std::string_view status_line(int status) {
  const auto at = std::find_if(std::begin(kStatus), std::end(kStatus), [&](const StatusRow& row) { return row.status == status; });
  return at == std::end(kStatus) ? status_line(500) : at->line;
}

std::string_view reason(int status) {
  constexpr std::size_t kBefore = std::string_view("HTTP/1.1 200 ").size();
  const std::string_view line = status_line(status);
  return line.substr(kBefore, line.size() - kBefore - 2);
}

void append_http_date(Bytes& out, TimeMs when) {
  const std::int64_t seconds = floor_divide(when, 1000);
  const std::int64_t days = floor_divide(seconds, 86400);
  const int of_day = static_cast<int>(seconds - days * 86400);
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  const int year = static_cast<int>(date.year());
  char text[] = "Sun, 06 Nov 1994 08:49:37 GMT";
  const std::string_view day = kDays[static_cast<std::size_t>(((days + 4) % 7 + 7) % 7)];
  const std::string_view month = kMonths[static_cast<unsigned>(date.month()) - 1];
  std::copy(day.begin(), day.end(), text);
  append_two(text + 5, static_cast<int>(static_cast<unsigned>(date.day())));
  std::copy(month.begin(), month.end(), text + 8);
  append_two(text + 12, year / 100 % 100);
  append_two(text + 14, year % 100);
  append_two(text + 17, of_day / 3600);
  append_two(text + 20, of_day / 60 % 60);
  append_two(text + 23, of_day % 60);
  out.append(text, sizeof text - 1);
}

TimeMs parse_http_date(std::string_view text) {
  constexpr std::string_view kForm = "Sun, 06 Nov 1994 08:49:37 GMT";
  if (text.size() != kForm.size() || text.substr(25) != " GMT" || text[3] != ',') return -1;
  const auto month = std::find(std::begin(kMonths), std::end(kMonths), text.substr(8, 3));
  const int parts[] = {two_digits(text, 5), two_digits(text, 12), two_digits(text, 14), two_digits(text, 17), two_digits(text, 20), two_digits(text, 23)};
  if (month == std::end(kMonths) || std::any_of(std::begin(parts), std::end(parts), [](int p) { return p < 0; })) return -1;
  const std::chrono::year_month_day date{std::chrono::year{parts[1] * 100 + parts[2]},
                                         std::chrono::month{static_cast<unsigned>(month - std::begin(kMonths)) + 1},
                                         std::chrono::day{static_cast<unsigned>(parts[0])}};
  if (!date.ok() || parts[3] > 23 || parts[4] > 59 || parts[5] > 60) return -1;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  return (days * 86400 + parts[3] * 3600 + parts[4] * 60 + parts[5]) * 1000;
}

void append_number(Bytes& out, std::int64_t number) {
  char text[24];
  out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

}  // namespace holdfast::rest
