#include "endpoint/rest/request_reader.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

namespace holdfast::rest {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;
using boost::system::error_code;

/// What a chunk's own line, or the trailer, may have.
constexpr std::size_t kChunkLineBytesMax = 8 << 10;

BytesView view(string_view text) { return {text.data(), text.size()}; }

RequestReader::Failure failure_of(const error_code& error) {
  if (error == http::error::body_limit) return {413, "the request's body is larger than max-content-length"};
  if (error == http::error::header_limit) return {431, "the request's headers are too large"};
  if (error == http::error::bad_version) return {505, "this server speaks HTTP/1.0 and HTTP/1.1"};
  return {400, "the request is malformed: " + error.message()};
}

/// The chunk's line that stands here ends within quotes, where no line may end. (Beast would wait for the closing quote, and at every
/// look count the chunk's bytes anew.)
bool line_ends_within_quotes(BytesView rest) {
  if (rest.starts_with("\r\n")) rest.remove_prefix(2);
  const std::size_t end = rest.find("\r\n");
  if (end == BytesView::npos) return false;
  bool quoted = false;
  for (std::size_t i = 0; i < end; ++i) {
    if (quoted && rest[i] == '\\') ++i;
    else if (rest[i] == '"') quoted = !quoted;
  }
  return quoted;
}

}  // namespace

/// Beast's parser, which shows us each piece where it lies.
class RequestReader::Parser final : public http::basic_parser<true> {
 public:
  Parser(Request& request, const Limits& limits) : request_(request), headers_max_(limits.headers_max) {
    header_limit(static_cast<std::uint32_t>(limits.head_bytes_max + 1));
    body_limit(limits.body_bytes_max);
  }
  void append_body_to(Bytes& body) { body_ = &body; }
  Body body() const { return chunked() ? Body::chunked : content_length().value_or(0) > 0 ? Body::counted : Body::none; }
  std::uint64_t length() const { return content_length().value_or(0); }
  void set_head(BytesView head) { head_ = head; }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version, error_code&) override {
    request_.method_text = view(method);
    request_.method = method_from_name(request_.method_text);
    request_.target = view(target);
    request_.http11 = version == 11;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field, string_view name, string_view value, error_code& error) override {
    if (in_body_) {
      // A trailer: nothing of it is used.
      trailer_bytes_ += name.size() + value.size();
      if (trailer_bytes_ > kChunkLineBytesMax) error = http::error::header_limit;
      return;
    }
    if (request_.headers.size() >= headers_max_) {
      error = http::error::header_limit;
      return;
    }
    // A folded value was put together elsewhere.
    const bool in_place = value.empty() || (value.data() >= head_.data() && value.data() < head_.data() + head_.size());
    if (!in_place) error = http::error::bad_value;
    request_.headers.push_back({view(name), view(value)});
  }
  void on_header_impl(error_code&) override { in_body_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view piece, error_code&) override {
    body_->append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t, string_view extension, error_code& error) override {
    if (extension.size() > kChunkLineBytesMax || extension.find('\n') != string_view::npos) error = http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code& error) override { return on_body_impl(piece, error); }
  void on_finish_impl(error_code&) override {}

  Request& request_;
  const std::size_t headers_max_;
  BytesView head_;
  Bytes* body_ = nullptr;
  bool in_body_ = false;
  std::size_t trailer_bytes_ = 0;
};

/// A request whose body is not there yet.
struct RequestReader::Partial {
  Partial(Request& request, const Limits& limits, BytesView text) : head(text), parser(request, limits) { parser.append_body_to(body); }
  Bytes head;
  Bytes body;
  Parser parser;
};

RequestReader::RequestReader(const Limits& limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

RequestReader::Step RequestReader::fail(int status, std::string detail) {
  failure_ = {status, std::move(detail)};
  return {Progress::failed, 0};
}

std::size_t RequestReader::find_head(BytesView input) {
  const BytesView within = input.substr(0, limits_.head_bytes_max);
  for (std::size_t at = scanned_;;) {
    at = within.find('\n', at);
    if (at == BytesView::npos) break;
    if (at == 0 || within[at - 1] != '\r') {
      failure_ = {400, "the request is malformed: a line ends with a bare line feed"};
      return 0;
    }
    if (at >= 3 && within[at - 2] == '\n') return at + 1;
    ++at;
  }
  scanned_ = within.size();
  if (within.size() == limits_.head_bytes_max) failure_ = {431, "the request's headers are larger than " + std::to_string(limits_.head_bytes_max) + " bytes"};
  return 0;
}

bool RequestReader::read_head(Parser& parser, BytesView head) {
  request_.headers.clear();
  request_.body = {};
  parser.set_head(head);
  error_code error;
  parser.put(boost::beast::net::const_buffer(head.data(), head.size()), error);
  if (error && error != http::error::need_more) {
    failure_ = failure_of(error);
    return false;
  }
  if (!parser.is_header_done()) {
    failure_ = {400, "the request is malformed"};
    return false;
  }
  request_.keep_alive = parser.keep_alive();
  return check_head();
}

bool RequestReader::check_head() {
  const Header* length = nullptr;
  const Header* coding = nullptr;
  std::size_t hosts = 0;
  for (const Header& h : request_.headers) {
    if (equal_ignoring_case(h.name, "Host")) ++hosts;
    if (equal_ignoring_case(h.name, "Content-Length")) {
      const bool digits = !h.value.empty() && std::all_of(h.value.begin(), h.value.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (length || !digits) return failure_ = {400, "the request must have one Content-Length, a number"}, false;
      length = &h;
    }
    if (equal_ignoring_case(h.name, "Transfer-Encoding")) {
      if (coding) return failure_ = {400, "the request must have one Transfer-Encoding"}, false;
      coding = &h;
    }
  }
  if (length && coding) return failure_ = {400, "the request has both Content-Length and Transfer-Encoding"}, false;
  if (coding && !request_.http11) return failure_ = {400, "HTTP/1.0 has no Transfer-Encoding"}, false;
  if (coding && !equal_ignoring_case(coding->value, "chunked")) return failure_ = {501, "the only transfer coding is chunked"}, false;
  if (hosts > 1 || (hosts == 0 && request_.http11)) return failure_ = {400, "the request must have one Host"}, false;
  const BytesView expectation = request_.header("Expect");
  if (!expectation.empty() && !equal_ignoring_case(expectation, "100-continue")) {
    return failure_ = {417, "the only expectation is 100-continue"}, false;
  }
  return true;
}

RequestReader::Step RequestReader::feed(BytesView input) {
  if (failure_.status != 0) return {Progress::failed, 0};
  if (partial_) return feed_partial(input);
  std::size_t skipped = 0;
  // An empty line before a request is forgiven.
  while (scanned_ == 0 && input.substr(skipped).starts_with("\r\n")) skipped += 2;
  input.remove_prefix(skipped);
  if (input == "\r") return {Progress::need_more, skipped};
  const std::size_t head_size = find_head(input);
  if (head_size == 0) return {failure_.status != 0 ? Progress::failed : Progress::need_more, skipped};
  scanned_ = 0;
  const BytesView head = input.substr(0, head_size);
  {
    Parser parser(request_, limits_);
    if (!read_head(parser, head)) return {Progress::failed, skipped};
    if (parser.body() == Body::none) return {Progress::ready, skipped + head_size};
    if (parser.body() == Body::counted && parser.length() <= input.size() - head_size) {
      request_.body = input.substr(head_size, parser.length());
      return {Progress::ready, skipped + head_size + request_.body.size()};
    }
  }
  partial_ = std::make_unique<Partial>(request_, limits_, head);
  if (!read_head(partial_->parser, partial_->head)) return {Progress::failed, skipped};
  partial_->parser.eager(true);
  continue_due_ = request_.http11 && request_.has_header("Expect") && input.size() == head_size;
  Step step = feed_partial(input.substr(head_size));
  step.consumed += skipped + head_size;
  return step;
}

RequestReader::Step RequestReader::feed_partial(BytesView input) {
  if (input.empty()) return {};
  error_code error;
  Parser& parser = partial_->parser;
  const std::size_t taken = parser.put(boost::beast::net::const_buffer(input.data(), input.size()), error);
  if (error && error != http::error::need_more) {
    failure_ = failure_of(error);
    return {Progress::failed, taken};
  }
  if (!parser.is_done()) {
    if (line_ends_within_quotes(input.substr(taken))) {
      failure_ = failure_of(http::error::bad_chunk_extension);
      return {Progress::failed, taken};
    }
    if (input.size() - taken > 2 * kChunkLineBytesMax) return fail(431, "a chunk's line or the trailer is too large");
    return {Progress::need_more, taken};
  }
  request_.body = partial_->body;
  continue_due_ = false;
  return {Progress::ready, taken};
}

bool RequestReader::take_continue() { return std::exchange(continue_due_, false); }

void RequestReader::release() {
  partial_.reset();
  request_.body = {};
  request_.headers.clear();
}

}  // namespace holdfast::rest
