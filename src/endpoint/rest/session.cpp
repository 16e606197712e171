#include "endpoint/rest/session.h"

#include "endpoint/rest/exchange.h"
#include "endpoint/rest/problem.h"
#include "endpoint/rest/routes.h"

namespace holdfast::rest {
namespace {

/// A client that lets this much of its answers lie is served no further until it has read half of it.
constexpr std::size_t kOutputBytesMax = std::size_t{1} << 20;
constexpr Duration kReaderPatience = std::chrono::minutes(10);
/// Hashed passwords take milliseconds to check, so the same header is not checked again for this long.
constexpr Duration kCredentialsKept = std::chrono::seconds(2);

RequestReader::Limits limits_of(const server::EndpointContext& context) {
  RequestReader::Limits limits;
  limits.body_bytes_max = context.settings.max_content_length;
  return limits;
}

bool decodes(const Target& target) {
  for (std::size_t i = 0; i < target.count; ++i) {
    if (target.segments[i].find('%') != BytesView::npos && !percent_decoded(target.segments[i])) return false;
  }
  return true;
}

/// "/rest/v2/cache-managers/NAME/..." is the older way to say "/rest/v2/container/...". False: another container's name.
bool rename_older_path(Target& target, std::string_view container) {
  if (target.count < 4 || target.segments[2] != "cache-managers" || target.segments[1] != "v2" || target.segments[0] != "rest") return true;
  const auto name = percent_decoded(target.segments[3]);
  if (name != container && name != "default") return false;
  target.segments[2] = "container";
  for (std::size_t i = 4; i < target.count; ++i) target.segments[i - 1] = target.segments[i];
  --target.count;
  return true;
}

}  // namespace

Session::Session(std::shared_ptr<EndpointState> state) : state_(std::move(state)), reader_(limits_of(state_->context)) {}

std::string_view Session::date_now() {
  const TimeMs second = state_->context.runtime->clock().wall_ms() / 1000;
  if (second != date_second_) {
    date_second_ = second;
    date_.clear();
    append_http_date(date_, second * 1000);
  }
  return date_;
}

std::size_t Session::on_data(runtime::Connection& connection, BytesView input) {
  if (closing_) return input.size();
  std::size_t done = 0;
  while (done < input.size() && connection.is_open()) {
    if (!wait_for_room(connection)) return input.size();
    const RequestReader::Step step = reader_.feed(input.substr(done));
    done += step.consumed;
    if (step.progress == RequestReader::Progress::need_more) {
      if (reader_.take_continue()) connection.output().append(status_line(100)).append("\r\n");
      return done;
    }
    if (step.progress == RequestReader::Progress::failed) {
      close_with(connection, reader_.failure().status, reader_.failure().detail);
      return input.size();
    }
    serve(connection, reader_.request());
    if (!reader_.request().keep_alive) {
      closing_ = true;
      connection.close_after_flush();
      return input.size();
    }
    reader_.release();
  }
  return done;
}

bool Session::wait_for_room(runtime::Connection& connection) {
  if (connection.pending_output() <= kOutputBytesMax) return true;
  connection.flush();
  const Instant deadline = state_->context.runtime->clock().now() + kReaderPatience;
  if (connection.wait_for_output_below(kOutputBytesMax / 2, deadline)) return true;
  connection.abort();
  return false;
}

void Session::close_with(runtime::Connection& connection, int status, std::string_view detail) {
  closing_ = true;
  const std::string body = problem_document(status, detail);
  Head head(connection.output(), status);
  head.field("Date", date_now()).field("Connection", "close").field("Content-Type", kProblemType);
  head.number("Content-Length", static_cast<std::int64_t>(body.size())).end();
  connection.output() += body;
  connection.close_after_flush();
}

void Session::serve(runtime::Connection& connection, const Request& request) {
  Target target = parse_target(request.target);
  Exchange exchange(*this, connection, request, target);
  if (target.too_deep || !rename_older_path(target, state_->dispatcher().manager().configuration().name)) return exchange.fail(404, "there is nothing at this path");
  if (!decodes(target)) return exchange.fail(400, "the path is malformed: '%' must stand before two hexadecimal digits");
  const Bytes action = target.query.empty() ? Bytes() : exchange.parameter("action").value_or("");
  const Match match = find_route(target, request.method, action, state_->context.settings.admin);
  if (match.route == nullptr) {
    // Who may not enter is not told what there is.
    if (request.method != Method::options && !authenticate(exchange)) return;
    return refuse_path(exchange, match.methods, match.path_exists, match.method_exists, action);
  }
  const Access access = match.route->access;
  const bool open = access == Access::anonymous || (access == Access::metrics && !state_->context.settings.metrics_auth);
  if (open) {
    match.route->handle(exchange);
    return;
  }
  if (!authenticate(exchange)) return;
  if (access != Access::cache) {
    if (const Status allowed = state_->dispatcher().check(subject_, match.route->op); !allowed.ok()) return exchange.fail(allowed.error());
  }
  match.route->handle(exchange);
}

void Session::refuse_path(Exchange& exchange, std::uint8_t methods, bool path_exists, bool method_exists, std::string_view action) {
  const Request& request = exchange.request;
  if (request.method == Method::options && (path_exists || request.target == "*")) {
    exchange.head(204).field("Allow", allow(path_exists ? methods : 0xff)).end();
    return;
  }
  if (!path_exists) return exchange.fail(404, "there is nothing at this path");
  if (method_exists) {
    return exchange.fail(400, action.empty() ? "this path needs ?action=..." : "this path has no action '" + std::string(action.substr(0, 60)) + "'");
  }
  const std::string body = problem_document(405, "this path does not take " + std::string(request.method_text.substr(0, 20)));
  Head head = exchange.head(405);
  head.field("Allow", allow(methods));
  exchange.end_with_body(head, kProblemType, body);
}

bool Session::authenticate(Exchange& exchange) {
  Authentication& authentication = state_->authentication;
  if (!authentication.required()) return true;
  runtime::Runtime& runtime = *state_->context.runtime;
  const Instant arrived = runtime.clock().now();
  const BytesView authorization = exchange.request.header("Authorization");
  if (!authorization.empty() && authorization == last_basic_ && arrived < last_basic_until_) return true;
  Authentication::Verdict verdict = authentication.check(exchange.request);
  if (verdict.subject.ok()) {
    become(std::move(verdict.subject).value());
    if (equal_ignoring_case(authorization.substr(0, 6), "Basic ")) {
      last_basic_ = Bytes(authorization);
      last_basic_until_ = arrived + kCredentialsKept;
    } else {
      last_basic_.clear();
    }
    return true;
  }
  if (verdict.tried && !verdict.stale) runtime.scheduler().sleep_until(arrived + security::kRefusalDelay);
  Head head = exchange.head(401);
  authentication.append_challenges(head.out(), verdict.stale);
  exchange.end_with_body(head, kProblemType, problem_document(401, verdict.subject.error().message()));
  return false;
}

void Session::become(security::Subject subject) {
  if (subject.name == subject_.name && subject.groups == subject_.groups) return;
  subject_ = std::move(subject);
  views_.clear();
}

}  // namespace holdfast::rest
