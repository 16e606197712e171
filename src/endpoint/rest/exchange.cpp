#include "endpoint/rest/exchange.h"

#include <charconv>

#include "endpoint/rest/problem.h"
#include "endpoint/rest/session.h"

namespace holdfast::rest {
namespace {

constexpr std::size_t kPieceBytes = 64 << 10;
constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20;
constexpr Duration kReaderPatience = std::chrono::minutes(10);

}  // namespace

EndpointState& Exchange::state() const { return session_.state(); }
const security::Subject& Exchange::subject() const { return session_.subject(); }
Views& Exchange::views() { return session_.views(); }

BytesView Exchange::segment(std::size_t index) {
  const BytesView raw = target.segments[index];
  if (raw.find('%') == BytesView::npos) return raw;
  if (decoded_[index].empty()) decoded_[index] = percent_decoded(raw).value_or("");
  return decoded_[index];
}

std::optional<Bytes> Exchange::required(std::string_view name) {
  auto value = parameter(name);
  if (value && !value->empty()) return value;
  fail(400, "the parameter '" + std::string(name) + "' is missing; add ?" + std::string(name) + "=...");
  return std::nullopt;
}

Head Exchange::head(int status) {
  Head head(connection_.output(), status);
  head.field("Date", session_.date_now());
  if (!request.keep_alive) {
    head.field("Connection", "close");
  } else if (!request.http11) {
    head.field("Connection", "keep-alive");
  }
  return head;
}

void Exchange::answer(int status) {
  Head h = head(status);
  if (status != 204 && status != 304) h.number("Content-Length", 0);
  h.end();
}

void Exchange::end_with_body(Head& h, std::string_view content_type, BytesView body) {
  h.field("Content-Type", content_type);
  h.number("Content-Length", static_cast<std::int64_t>(body.size()));
  h.end();
  if (wants_body()) h.out().append(body);
}

void Exchange::answer(int status, std::string_view content_type, BytesView body) {
  Head h = head(status);
  end_with_body(h, content_type, body);
}

void Exchange::fail(int status, std::string_view detail) { answer(status, kProblemType, problem_document(status, detail)); }

void Exchange::fail(const Error& error) { fail(status_of(error.code()), error.message()); }

void Exchange::finish(const Status& status, int when_ok) {
  if (!status.ok()) return fail(status.error());
  answer(when_ok);
}

// ---- StreamedBody

StreamedBody::StreamedBody(Exchange& exchange, std::string content_type, std::vector<std::pair<std::string, std::string>> headers)
    : exchange_(exchange), content_type_(std::move(content_type)), headers_(std::move(headers)) {}

Head StreamedBody::start() {
  Head h = exchange_.head(200);
  for (const auto& [name, value] : headers_) h.field(name, value);
  started_ = true;
  return h;
}

bool StreamedBody::add(BytesView piece) {
  pending_ += piece;
  // HTTP/1.0 knows no chunks, and a HEAD no body: there the whole is put together.
  if (pending_.size() < kPieceBytes || !exchange_.request.http11 || !exchange_.wants_body()) return true;
  return flush();
}

bool StreamedBody::flush() {
  if (!started_) {
    Head h = start();
    h.field("Content-Type", content_type_).field("Transfer-Encoding", "chunked");
    h.end();
  }
  runtime::Connection& connection = exchange_.connection();
  char size[24];
  Bytes& out = connection.output();
  out.append(size, std::to_chars(size, size + sizeof size, pending_.size(), 16).ptr).append("\r\n").append(pending_).append("\r\n");
  pending_.clear();
  if (connection.pending_output() <= kOutputBytesMax) return connection.is_open();
  connection.flush();
  const Instant deadline = exchange_.state().context.runtime->clock().now() + kReaderPatience;
  if (connection.wait_for_output_below(kOutputBytesMax / 2, deadline)) return true;
  connection.abort();
  return false;
}

void StreamedBody::finish() {
  if (!started_) {
    Head h = start();
    exchange_.end_with_body(h, content_type_, pending_);
    return;
  }
  if (!pending_.empty() && !flush()) return;
  exchange_.connection().output() += "0\r\n\r\n";
}

void StreamedBody::abort() { exchange_.connection().abort(); }

}  // namespace holdfast::rest
