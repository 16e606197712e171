#include "endpoint/hotrod/client_listener.h"

#include "endpoint/hotrod/wire.h"

namespace holdfast::hotrod {
namespace {

using engine::EventKind;

std::uint32_t kinds_of(std::uint32_t interests) {
  const std::uint32_t wanted = interests == 0 ? ~0U : interests;
  std::uint32_t kinds = 0;
  if (wanted & kInterestCreated) kinds |= bit(EventKind::created);
  if (wanted & kInterestModified) kinds |= bit(EventKind::modified);
  if (wanted & kInterestRemoved) kinds |= bit(EventKind::removed);
  if (wanted & kInterestExpired) kinds |= bit(EventKind::expired);
  return kinds;
}

EventOp op_of(EventKind kind) {
  switch (kind) {
    case EventKind::modified: return EventOp::modified;
    case EventKind::removed: return EventOp::removed;
    case EventKind::expired: return EventOp::expired;
    default: return EventOp::created;
  }
}

bool leaves_a_value(EventKind kind) { return kind == EventKind::created || kind == EventKind::modified; }

}  // namespace

Status ClientListener::attach() {
  engine::ListenerSpec spec;
  spec.kinds = kinds_of(options_.interests);
  spec.include_current_state = options_.include_current_state;
  spec.deliver = [self = shared_from_this()](const engine::Event& event) { self->deliver(event); };
  HF_ASSIGN(engine_id_, view_.add_listener(std::move(spec)));
  attached_ = true;
  return success();
}

void ClientListener::detach() {
  if (!attached_.exchange(false)) return;
  view_.remove_listener(engine_id_);
}

void ClientListener::deliver(const engine::Event& event) {
  if (options_.bloom && !is_near(event.key)) return;
  Bytes frame;
  append_response_head(frame, event.current_state ? options_.message_id : 0, static_cast<std::uint8_t>(op_of(event.kind)), ResponseStatus::success);
  append_array(frame, options_.id);
  append_u8(frame, options_.converter ? (options_.custom_raw ? 2 : 1) : 0);
  append_u8(frame, event.retried ? 1 : 0);
  const std::size_t head = frame.size();
  // An event that cannot be converted has nothing to say to this client.
  if (!append_body(frame, event).ok() || frame.size() == head) return;
  if (event.current_state) {
    channel_->push_and_wait(frame);
  } else {
    channel_->push(frame);
  }
}

/// May the client hold the key? Filters are over the keys as the client knows them.
bool ClientListener::is_near(BytesView stored) const {
  const auto key = view_.key_to_request(stored);
  return !key.ok() || options_.bloom->may_contain(*key);
}

/// Appends nothing when the filter does not want the event.
Status ClientListener::append_body(Bytes& frame, const engine::Event& event) const {
  if (options_.filter || options_.converter) {
    EventData data;
    Bytes storage[3];
    HF_ASSIGN(const bool wanted, make_data(event, data, storage));
    if (!wanted) return success();
    if (options_.converter) {
      HF_ASSIGN(const Bytes payload, options_.converter(data));
      append_array(frame, payload);
      return success();
    }
  }
  if (options_.raw_data) {
    append_array(frame, event.key);
  } else {
    HF_ASSIGN(const Bytes key, view_.key_to_request(event.key));
    append_array(frame, key);
  }
  if (leaves_a_value(event.kind)) append_u64(frame, event.metadata.version);
  return success();
}

/// False: filtered out. The data lies in `storage`.
Result<bool> ClientListener::make_data(const engine::Event& event, EventData& data, Bytes (&storage)[3]) const {
  const auto as_wanted = [this](BytesView stored, bool is_key) -> Result<Bytes> {
    if (options_.raw_data) return Bytes(stored);
    return is_key ? view_.key_to_request(stored) : view_.value_to_request(stored);
  };
  HF_ASSIGN(storage[0], as_wanted(event.key, true));
  data.key = storage[0];
  data.version = event.metadata.version;
  // The value of what is over is its last one: nothing was there before, says the original.
  const bool over = event.kind == engine::EventKind::expired;
  if (leaves_a_value(event.kind) || over) {
    HF_ASSIGN(storage[1], as_wanted(event.value, false));
    data.value = &storage[1];
  }
  if (event.previous && !over) {
    HF_ASSIGN(storage[2], as_wanted(event.previous->value, false));
    data.previous = &storage[2];
    data.previous_version = event.previous->metadata.version;
  }
  return !options_.filter || options_.filter(data);
}

void ListenerRegistry::add(std::shared_ptr<ClientListener> listener) {
  Locked locked(lock_);
  const Bytes id = listener->id();
  listeners_[id] = std::move(listener);
}

std::shared_ptr<ClientListener> ListenerRegistry::remove(const Bytes& id) {
  Locked locked(lock_);
  const auto at = listeners_.find(id);
  if (at == listeners_.end()) return nullptr;
  auto listener = std::move(at->second);
  listeners_.erase(at);
  return listener;
}

void ListenerRegistry::forget(const ClientListener& listener) {
  Locked locked(lock_);
  const auto at = listeners_.find(listener.id());
  if (at != listeners_.end() && at->second.get() == &listener) listeners_.erase(at);
}

}  // namespace holdfast::hotrod
