#include "client/walk.h"

#include "base/varint.h"
#include "client/requests.h"

namespace holdfast::client {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(20);  // before another server is asked

bool bit_of(const Bytes& bits, std::size_t at) { return at / 8 < bits.size() && (static_cast<unsigned char>(bits[at / 8]) >> (at % 8) & 1) != 0; }

void append_optional_array(Bytes& out, const std::optional<Bytes>& bytes) {
  append_zigzag_vint(out, bytes ? static_cast<std::int32_t>(bytes->size()) : -1);
  if (bytes) out.append(*bytes);
}

}  // namespace

Bytes Walk::start_body() const {
  std::optional<Bytes> segments;
  if (begun_) {
    segments.emplace((finished_.size() + 7) / 8, '\0');
    for (std::size_t s = 0; s < finished_.size(); ++s) {
      if (!finished_[s]) (*segments)[s / 8] = static_cast<char>(static_cast<unsigned char>((*segments)[s / 8]) | 1U << s % 8);
    }
  }
  Bytes body;
  append_optional_array(body, segments);
  append_optional_array(body, std::nullopt);  // no filter
  append_vint(body, batch_);
  append_u8(body, with_metadata_ ? 1 : 0);
  return body;
}

Result<Response> Walk::ask(Op op, Bytes body) {
  Sending sending;
  sending.cache = route_->name();
  const auto table = route_->table();
  if (table) sending.topology_id = table->id;
  sending.deadline = core_->deadline();
  HF_ASSIGN(Response response, connection_->call(Request{.op = op, .body = std::move(body)}, sending));
  if (response.topology) core_->learn(*route_, std::move(*response.topology));
  return response;
}

Status Walk::start() {
  HF_ASSIGN(connection_, core_->open_own(route_, core_->options().connection.loop, {}));
  HF_ASSIGN(Response response, ask(Op::iteration_start, start_body()));
  id_ = std::move(response.value).value_or(Bytes());
  // With the first answer the topology is known, if there is any.
  if (!std::exchange(begun_, true)) {
    const auto table = route_->table();
    if (table) finished_.resize(table->owners.size());
  }
  return success();
}

bool Walk::may_go_on_elsewhere(const Error& error) const {
  if (begun_ && finished_.empty()) return false;
  switch (error.code()) {
    case Errc::closed: case Errc::refused: case Errc::node_suspected: case Errc::stopped: case Errc::not_found: return true;
    default: return false;
  }
}

void Walk::finish_segments(const Bytes& bits) {
  bool any = false;
  for (std::size_t s = 0; s < finished_.size(); ++s) {
    if (!bit_of(bits, s) || finished_[s]) continue;
    finished_[s] = true;
    any = true;
  }
  if (!any) return;
  const auto slice = static_cast<std::uint32_t>(((std::uint64_t{1} << 31) + finished_.size() - 1) / finished_.size());
  std::erase_if(shown_, [&](const Bytes& key) { return finished_[segment_hash_of(key) / slice]; });
}

void Walk::take(Response&& response, std::vector<std::pair<Bytes, Bytes>>& entries, std::vector<Metadata>& metadata) {
  for (std::size_t i = 0; i < response.pairs.size(); ++i) {
    if (!finished_.empty() && !shown_.insert(response.pairs[i].first).second) continue;
    entries.push_back(std::move(response.pairs[i]));
    if (i < response.batch->metadata.size()) metadata.push_back(response.batch->metadata[i]);
  }
  finish_segments(response.batch->finished);
}

Result<bool> Walk::next(std::vector<std::pair<Bytes, Bytes>>& entries, std::vector<Metadata>& metadata) {
  entries.clear();
  metadata.clear();
  const Instant deadline = core_->deadline();
  runtime::Runtime& rt = core_->runtime();
  while (!ended_) {
    Status failed = connection_ ? success() : start();
    if (failed.ok()) {
      Bytes body;
      append_array(body, id_);
      auto response = ask(Op::iteration_next, std::move(body));
      if (response.ok() && response->status == ResponseStatus::invalid_iteration) {
        failed = Error(Errc::closed, "the server knows nothing of this iteration any more");
      } else if (response.ok()) {
        ended_ = response->pairs.empty();
        take(std::move(response).value(), entries, metadata);
        if (!entries.empty()) return true;
        continue;
      } else {
        failed = response.error();
      }
    }
    connection_.reset();
    if (!may_go_on_elsewhere(failed.error()) || rt.clock().now() >= deadline) return failed.error();
    rt.scheduler().sleep_until(rt.clock().now() + kPause);
  }
  connection_.reset();
  return false;
}

}  // namespace holdfast::client
