// Iterations over a cache, batch by batch.
#include <algorithm>

#include "endpoint/hotrod/handlers.h"
#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

constexpr std::uint32_t kBatchMax = 100'000;

struct StartRequest {
  std::optional<BytesView> segments;  // none = all
  BytesView factory;
  FactoryRequest factory_request;
  std::uint32_t batch = 0;
  bool with_metadata = false;
};

/// A length of -1 stands for null.
std::optional<BytesView> read_optional_array(Reader& in) {
  const std::int32_t length = in.zigzag_vint();
  if (length < 0) return std::nullopt;
  return in.bytes(static_cast<std::size_t>(length));
}

StartRequest read_start(Call& call) {
  StartRequest request;
  request.segments = read_optional_array(call.in);
  if (const auto factory = read_optional_array(call.in)) {
    request.factory = *factory;
    const std::uint8_t parameters = call.in.u8();
    for (int i = 0; i < parameters && call.in.ok(); ++i) request.factory_request.parameters.emplace_back(call.in.array());
  }
  request.batch = call.in.vint();
  request.with_metadata = call.since(24) && call.in.u8() != 0;
  return request;
}

Result<std::unique_ptr<Iteration>> make_iteration(Call& call, StartRequest& request) {
  const server::CacheView& view = call.view();
  HF_TRY(view.check(ops::OpId::iterate));
  IterationConverter converter;
  if (!request.factory.empty()) {
    request.factory_request.payload = view.format().value;
    const auto factory = call.session().state().extensions.factories.iteration.find(std::string(request.factory));
    if (!factory.ok()) return Error(Errc::not_found, "ISPN006016: Factory '" + std::string(request.factory) + "' not found in server");
    HF_ASSIGN(converter, (**factory)(request.factory_request));
  }
  std::vector<bool> segments = request.segments ? bits_of(*request.segments, view.segments()) : std::vector<bool>(view.segments(), true);
  const std::uint32_t batch = std::clamp<std::uint32_t>(request.batch, 1, kBatchMax);
  return std::make_unique<Iteration>(view, std::move(segments), batch, request.with_metadata, std::move(converter));
}

void append_entry(Call& call, Bytes& out, const Entry& entry, bool with_metadata) {
  if (call.since(25)) {
    append_u8(out, with_metadata ? 1 : 0);
    if (with_metadata) append_metadata(out, entry.metadata);
  }
  append_array(out, entry.key);
  append_array(out, entry.value);
}

void answer_batch(Call& call, const IterationBatch& batch, bool with_metadata) {
  Bytes& out = call.answer(ResponseStatus::success);
  append_array(out, bytes_of(batch.finished));
  append_vint(out, static_cast<std::uint32_t>(batch.entries.size()));
  if (call.since(24) && !batch.entries.empty()) append_vint(out, 1);  // values per entry
  for (const Entry& entry : batch.entries) append_entry(call, out, entry, with_metadata);
}

/// What the original writes behind the status: no segments, no entries.
void answer_unknown(Call& call) {
  Bytes& out = call.answer(ResponseStatus::invalid_iteration);
  append_vint(out, 0);
  append_vint(out, 0);
}

}  // namespace

void handle_iteration_start(Call& call) {
  StartRequest request = read_start(call);
  if (!call.open()) return;
  auto iteration = make_iteration(call, request);
  if (!iteration.ok()) return call.fail(iteration.error());
  const auto id = call.session().state().iterations->start(&call.session(), std::move(*iteration));
  if (!id.ok()) return call.fail(id.error());
  append_array(call.answer(ResponseStatus::success), *id);
}

void handle_iteration_next(Call& call) {
  const std::string id(call.in.array());
  if (!call.admitted()) return;
  Iterations& iterations = *call.session().state().iterations;
  auto iteration = iterations.take(id);
  if (!iteration) return answer_unknown(call);
  const auto batch = iteration->next();
  const bool with_metadata = iteration->with_metadata();
  iterations.give_back(id, std::move(iteration));
  if (!batch.ok()) return call.fail(batch.error());
  answer_batch(call, *batch, with_metadata);
}

void handle_iteration_end(Call& call) {
  const std::string id(call.in.array());
  if (!call.admitted()) return;
  const bool known = call.session().state().iterations->end(id);
  call.answer(known ? ResponseStatus::success : ResponseStatus::invalid_iteration);
}

}  // namespace holdfast::hotrod
