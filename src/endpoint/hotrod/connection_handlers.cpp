// Operations that concern the connection or the server: PING, authentication, tasks.
#include <algorithm>

#include "endpoint/hotrod/handlers.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

void append_operations(Bytes& out) {
  const auto offered = [](const Operation& row) { return row.offered; };
  append_u8(out, kHighestVersion);
  append_vint(out, static_cast<std::uint32_t>(std::count_if(operations().begin(), operations().end(), offered)) + 1);
  for (const Operation& row : operations()) {
    if (row.offered) append_u16(out, static_cast<std::uint16_t>(row.op));
  }
  append_u16(out, kKnowsRepeats);  // clients look for operations that they know
}

/// A new exchange, unless one is under way with this mechanism.
Status begin_exchange(Session& session, const std::string& mechanism) {
  if (session.exchange() && session.mechanism() == mechanism) return success();
  const server::EndpointContext& context = session.state().context;
  const auto& offered = context.settings.mechanisms;
  if (std::find(offered.begin(), offered.end(), mechanism) == offered.end()) {
    return Error(Errc::invalid_argument, "ISPN006025: Invalid mech '" + mechanism + "'");
  }
  security::SaslContext sasl;
  sasl.realm = context.realm;
  sasl.random = &context.runtime->random();
  sasl.server_name = context.settings.sasl_server_name;
  HF_ASSIGN(session.exchange(), security::make_sasl_exchange(mechanism, sasl));
  session.mechanism() = mechanism;
  return success();
}

/// complete=1 says nothing more; whatever is said goes out as complete=0, though the client may be in by then.
void answer_step(Call& call, const security::SaslStep& step) {
  Bytes& out = call.answer(ResponseStatus::success);
  append_u8(out, step.authenticated && step.challenge.empty() ? 1 : 0);
  append_array(out, step.challenge);
}

/// Some clients send an empty message after the server's last one: they want to hear that it is over.
bool is_third_message(const Session& session, const std::string& last_mechanism, const std::string& mechanism, BytesView response) {
  return session.authenticated() && response.empty() && mechanism == last_mechanism && mechanism.starts_with("SCRAM-");
}

void refuse(Call& call, Instant arrived, const Error& error) {
  Session& session = call.session();
  session.exchange().reset();
  session.end_subject();
  session.state().context.runtime->scheduler().sleep_until(arrived + security::kRefusalDelay);
  if (error.code() != Errc::unauthenticated) return call.fail(error);
  call.fail(Error(Errc::unauthenticated, "ISPN006024: Invalid credentials"));
}

}  // namespace

void handle_ping(Call& call) {
  if (!call.admitted()) return;
  server::DataFormat storage;
  bool has_cache = false;
  const auto opened = call.session().state().context.dispatcher->open(call.session().subject(), call.header.cache, {});
  if (opened.ok()) {
    storage = opened->storage();
    has_cache = true;
  } else if (!call.header.cache.empty()) {
    return call.fail(opened.error());
  }
  Bytes& out = call.answer(ResponseStatus::success);
  if (!call.since(29)) return;
  if (has_cache) {
    append_media_type(out, storage.key);
    append_media_type(out, storage.value);
  } else {
    append_u16(out, 0);
  }
  if (call.since(30)) append_operations(out);
}

void handle_auth_mech_list(Call& call) {
  if (!call.admitted()) return;
  const EndpointState& state = call.session().state();
  if (!call.header.cache.empty()) {
    // A client that authenticates sends no PING: it learns here that its cache does not exist.
    const auto opened = state.context.dispatcher->open(call.session().subject(), call.header.cache, {});
    if (!opened.ok() && opened.error().code() == Errc::cache_not_found) return call.fail(opened.error());
  }
  const std::vector<std::string> none;
  const auto& mechanisms = state.authenticates() ? state.context.settings.mechanisms : none;
  Bytes& out = call.answer(ResponseStatus::success);
  append_vint(out, static_cast<std::uint32_t>(mechanisms.size()));
  for (const std::string& mechanism : mechanisms) append_array(out, mechanism);
}

void handle_auth(Call& call) {
  const std::string mechanism(call.in.array());
  const BytesView response = call.in.array();
  if (!call.admitted()) return;
  Session& session = call.session();
  if (!session.state().authenticates()) return call.fail(Error(Errc::not_supported, "ISPN006007: The requested operation is invalid"));
  const Instant arrived = session.state().context.runtime->clock().now();
  if (!session.exchange() && is_third_message(session, session.mechanism(), mechanism, response)) {
    security::SaslStep over;
    over.authenticated = true;
    return answer_step(call, over);
  }
  if (auto begun = begin_exchange(session, mechanism); !begun.ok()) return call.fail(begun.error());
  auto step = session.exchange()->step(response);
  if (!step.ok()) return refuse(call, arrived, step.error());
  if (step->authenticated) {
    // Before the answer goes out: the client may send its next operation, or another AUTH, at once.
    session.exchange().reset();
    session.begin_subject(std::move(step->subject));
  }
  answer_step(call, *step);
}

void handle_exec(Call& call) {
  const std::string task(call.in.array());
  server::Dispatcher::TaskParameters parameters;
  const std::uint8_t count = call.in.u8();
  for (int i = 0; i < count && call.in.ok(); ++i) {
    std::string name(call.in.array());
    parameters.emplace_back(std::move(name), Bytes(call.in.array()));
  }
  if (!call.admitted()) return;
  const auto result = call.session().state().context.dispatcher->execute(call.session().subject(), task, parameters);
  if (!result.ok()) return call.fail(result.error());
  append_array(call.answer(ResponseStatus::success), *result);
}

void handle_query(Call& call) {
  call.in.array();
  if (!call.open()) return;
  call.fail(Error(Errc::not_supported, "queries are not built yet: cache '" + call.view().name() + "' can be read by key and iterated over"));
}

}  // namespace holdfast::hotrod
