// Client listeners and near caches.
#include "endpoint/hotrod/handlers.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

constexpr std::size_t kListenersMax = 10'000;  // of one connection
/// The interests of a near cache: everything that makes what it holds old.
constexpr std::uint32_t kNearCacheInterests = kInterestModified | kInterestRemoved | kInterestExpired;

struct AddRequest {
  ClientListenerOptions options;
  std::string filter;
  FactoryRequest filter_request;
  std::string converter;
  FactoryRequest converter_request;
};

/// A factory's name, and its parameters unless the name is empty.
std::string read_factory(Reader& in, FactoryRequest& request) {
  std::string name(in.array());
  const std::uint8_t parameters = name.empty() ? 0 : in.u8();
  for (int i = 0; i < parameters && in.ok(); ++i) request.parameters.emplace_back(in.array());
  return name;
}

AddRequest read_add(Call& call) {
  AddRequest request;
  ClientListenerOptions& options = request.options;
  options.message_id = call.header.message_id;
  options.id = Bytes(call.in.array());
  options.include_current_state = call.in.u8() != 0;
  request.filter = read_factory(call.in, request.filter_request);
  request.converter = read_factory(call.in, request.converter_request);
  options.raw_data = call.since(21) && call.in.u8() != 0;
  options.custom_raw = options.raw_data;
  if (call.since(26)) options.interests = call.in.vint();
  return request;
}

Error no_factory(std::string_view kind, const std::string& name) {
  return Error(Errc::not_found, "ISPN006013: Listener " + std::string(kind) + " factory '" + name + "' not found in server");
}

Status make_filter_and_converter(Call& call, AddRequest& request) {
  const Factories& factories = call.session().state().extensions.factories;
  request.filter_request.payload = request.converter_request.payload = call.view().format().value;
  if (!request.filter.empty()) {
    const auto factory = factories.filters.find(request.filter);
    if (!factory.ok()) return no_factory("key/value filter", request.filter);
    HF_ASSIGN(request.options.filter, (**factory)(request.filter_request));
  }
  if (!request.converter.empty()) {
    const auto factory = factories.converters.find(request.converter);
    if (!factory.ok()) return no_factory("converter", request.converter);
    HF_ASSIGN(request.options.converter, (**factory)(request.converter_request));
  }
  return success();
}

void add_listener(Call& call, ClientListenerOptions options) {
  Session& session = call.session();
  if (session.listeners().size() >= kListenersMax) {
    return call.fail(Error(Errc::exhausted, "a connection may have " + std::to_string(kListenersMax) + " listeners: remove some first"));
  }
  const auto listener = std::make_shared<ClientListener>(call.view(), session.events(call.connection()), std::move(options));
  // In the list first: a near cache's filter must work, and a listener be taken away, from the first event on.
  session.listeners().push_back(listener);
  if (auto attached = listener->attach(); !attached.ok()) {
    std::erase(session.listeners(), listener);
    return call.fail(attached.error());
  }
  session.state().listeners.add(listener);
  call.answer(ResponseStatus::success);
}

}  // namespace

void handle_add_listener(Call& call) {
  AddRequest request = read_add(call);
  if (!call.in.ok()) return;
  // Some clients send the interests before 2.6 as well.
  if (!call.since(26)) call.session().tolerate_interest_byte();
  if (!call.open()) return;
  if (auto made = make_filter_and_converter(call, request); !made.ok()) return call.fail(made.error());
  add_listener(call, std::move(request.options));
}

void handle_add_bloom_listener(Call& call) {
  ClientListenerOptions options;
  options.id = Bytes(call.in.array());
  const std::uint32_t bits = call.in.vint();
  if (!call.open()) return;
  if (bits == 0 || bits > BloomFilter::kBitsMax) {
    return call.fail(Error(Errc::invalid_argument, "a near cache's bloom filter has 1 to " + std::to_string(BloomFilter::kBitsMax) + " bits, not " + std::to_string(bits)));
  }
  options.interests = kNearCacheInterests;
  options.bloom = std::make_shared<BloomFilter>(bits);
  add_listener(call, std::move(options));
}

void handle_update_bloom(Call& call) {
  const BytesView bits = call.in.array();
  if (!call.open()) return;
  BloomFilter* bloom = call.session().bloom_of(call.view().name());
  if (bloom) bloom->replace(bits);
  call.answer(bloom ? ResponseStatus::success : ResponseStatus::not_executed);
}

void handle_remove_listener(Call& call) {
  const Bytes id(call.in.array());
  if (!call.open()) return;
  const auto listener = call.session().state().listeners.remove(id);
  if (listener) {
    listener->detach();
    std::erase(call.session().listeners(), listener);
  }
  call.answer(listener ? ResponseStatus::success : ResponseStatus::not_executed);
}

}  // namespace holdfast::hotrod
