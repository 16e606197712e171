#include "media/transcoder.h"
#include "server/dispatcher.h"

namespace holdfast::server {

Error CacheView::refuse(ops::OpId op) const {
  const Permission wanted = ops::permission_of(op);
  // The authorizer knows the sentence; what an internal or open cache refuses, it would not, so ask for the container.
  if (Status s = who_->authorizer->check(who_->subject, cache_->configuration().security, wanted); !s.ok()) return s.error();
  if (Status s = who_->authorizer->check(who_->subject, wanted); !s.ok()) return s.error();
  return Error(Errc::permission_denied, "ISPN000287: Unauthorized access: subject '" + who_->subject.name +
                                            "' may not change the internal cache '" + cache_->name() + "' without the 'CREATE' permission");
}

Status CacheView::check(ops::OpId op) const {
  if (allows(op)) return success();
  return refuse(op);
}

Result<Outcome> CacheView::write(ops::OpId op, const Mutation& mutation) const {
  if (!allows(op)) return refuse(op);
  if (converts_keys_ || converts_values_) return write_converted(mutation);
  return cache_->write({}, mutation);
}

Result<bool> CacheView::read(ops::OpId op, BytesView key, FunctionRef<void(const EntryView&)> visit) const {
  if (!allows(op)) return refuse(op);
  if (converts_keys_ || converts_values_) return read_converted(key, visit);
  return cache_->read({}, key, visit);
}

Result<bool> CacheView::contains(BytesView key) const {
  if (!allows(ops::OpId::contains_key)) return refuse(ops::OpId::contains_key);
  if (!converts_keys_) return cache_->contains({}, key);
  HF_ASSIGN(const Bytes stored, to_storage(key, true));
  return cache_->contains({}, stored);
}

// ---- Conversion

Result<Bytes> CacheView::to_storage(BytesView bytes, bool is_key) const {
  if (!(is_key ? converts_keys_ : converts_values_)) return Bytes(bytes);
  const DataFormat& from = who_->format;
  const DataFormat& to = who_->storage;
  return media::convert(bytes, is_key ? from.key : from.value, is_key ? to.key : to.value);
}

Result<Bytes> CacheView::key_to_request(BytesView stored) const {
  if (!converts_keys_) return Bytes(stored);
  return media::convert(stored, who_->storage.key, who_->format.key);
}

Result<Bytes> CacheView::value_to_request(BytesView stored) const {
  if (!converts_values_) return Bytes(stored);
  return media::convert(stored, who_->storage.value, who_->format.value);
}

Result<Outcome> CacheView::write_converted(const Mutation& mutation) const {
  Mutation converted = mutation;
  HF_ASSIGN(const Bytes key, to_storage(mutation.key, true));
  converted.key = key;
  Bytes value;
  Bytes expected;
  if (mutation.effect == Effect::put) {
    HF_ASSIGN(value, to_storage(mutation.value, false));
    converted.value = value;
  }
  if (mutation.precondition == Precondition::if_value) {
    HF_ASSIGN(expected, to_storage(mutation.expected_value, false));
    converted.expected_value = expected;
  }
  HF_ASSIGN(Outcome outcome, cache_->write({}, converted));
  if (outcome.previous) {
    outcome.previous->key = Bytes(mutation.key);
    HF_ASSIGN(outcome.previous->value, value_to_request(outcome.previous->value));
  }
  return outcome;
}

Result<bool> CacheView::read_converted(BytesView key, FunctionRef<void(const EntryView&)> visit) const {
  HF_ASSIGN(const Bytes stored_key, to_storage(key, true));
  // A conversion may take long and allocate, so it happens on a copy, outside of the read's short lock.
  Bytes stored;
  Metadata metadata;
  HF_ASSIGN(const bool found, cache_->read({}, stored_key, [&](const EntryView& entry) {
    stored = Bytes(entry.value);
    metadata = entry.metadata;
  }));
  if (!found) return false;
  HF_ASSIGN(const Bytes value, value_to_request(stored));
  visit({key, value, metadata});
  return true;
}

// ---- Whole caches

Status CacheView::clear() const {
  HF_TRY(check(ops::OpId::clear));
  return cache_->clear({});
}

Result<std::uint64_t> CacheView::size() const {
  HF_TRY(check(ops::OpId::size));
  return cache_->size({});
}

Result<std::vector<Entry>> CacheView::entries_of_segment(ops::OpId op, std::uint32_t segment) const {
  HF_TRY(check(op));
  HF_ASSIGN(std::vector<Entry> entries, cache_->entries_of_segment({}, segment));
  const bool values = converts_values_ && op != ops::OpId::get_keys;
  if (!converts_keys_ && !values) return entries;
  for (Entry& entry : entries) {
    HF_ASSIGN(entry.key, key_to_request(entry.key));
    if (!values) continue;
    HF_ASSIGN(entry.value, value_to_request(entry.value));
  }
  return entries;
}

Result<engine::StatisticsSnapshot> CacheView::statistics() const {
  HF_TRY(check(ops::OpId::cache_stats));
  return cache_->statistics();
}

Status CacheView::reset_statistics() const {
  HF_TRY(check(ops::OpId::reset_stats));
  cache_->reset_statistics();
  return success();
}

Result<std::vector<engine::NodeShare>> CacheView::distribution() const {
  HF_TRY(check(ops::OpId::distribution));
  return cache_->distribution({});
}

Result<std::vector<engine::KeyOwner>> CacheView::owners_of(BytesView key) const {
  HF_TRY(check(ops::OpId::distribution));
  HF_ASSIGN(const Bytes stored, to_storage(key, true));
  return cache_->owners_of(stored);
}

Status CacheView::set_attribute(const std::string& path, const std::string& value) const {
  HF_TRY(check(ops::OpId::set_attribute));
  return cache_->set_attribute(path, value);
}

Result<engine::ListenerId> CacheView::add_listener(engine::ListenerSpec spec) const {
  HF_TRY(check(ops::OpId::add_listener));
  return cache_->add_listener(std::move(spec));
}

bool CacheView::remove_listener(engine::ListenerId id) const { return cache_->remove_listener(id); }

}  // namespace holdfast::server
