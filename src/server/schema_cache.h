// SchemaCache: ___protobuf_metadata as its writers see it. An ordinary cache of protostream strings, but for two rules:
// its keys end with .proto, and after each change all schemas are validated together. What is wrong with NAME.proto is
// the value of NAME.proto.errors, the names of all such files are the lines of .errors; both go when a later change
// repairs it. Where there is a store, schemas without a lifespan are kept on the disk, and a change that cannot be kept is
// undone. In a cluster each node keeps what any node wrote.
//
// Owner: the Dispatcher.  Threads: any; writers follow one another.  Waits: writes, for the writer before and for the disk.
// Fails with: invalid_argument (a key or value that is no string, a key without .proto), what the cache and the disk fail with.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/cache.h"
#include "engine/key_order.h"
#include "runtime/runtime.h"
#include "server/schema_store.h"

namespace holdfast::server {

class SchemaCache final : public engine::Cache {
 public:
  /// Without a store schemas end with the world.
  SchemaCache(runtime::Runtime& runtime, engine::CachePtr inner, std::unique_ptr<SchemaStore> store);
  ~SchemaCache() override;

  /// Once, with a store, before anything is asked of it: what the disk kept is there again, unless the cluster has schemas.
  Status restore();
  /// From now on what other nodes write is kept here too.
  void follow_cluster();

  const std::string& name() const override { return inner_->name(); }
  const CacheConfiguration& configuration() const override { return inner_->configuration(); }
  bool running() const override { return inner_->running(); }
  Result<Outcome> write(const engine::Invocation& in, const Mutation& mutation) override;
  Result<bool> read(const engine::Invocation& in, BytesView key, FunctionRef<void(const EntryView&)> visit) override {
    return inner_->read(in, key, visit);
  }
  Result<bool> contains(const engine::Invocation& in, BytesView key) override { return inner_->contains(in, key); }
  Status clear(const engine::Invocation& in) override;
  Result<std::uint64_t> size(const engine::Invocation& in) override { return inner_->size(in); }
  Status for_each(const engine::Invocation& in, const engine::IterationOptions& options, FunctionRef<bool(const EntryView&)> visit) override {
    return inner_->for_each(in, options, visit);
  }
  Result<std::vector<Entry>> entries_of_segment(const engine::Invocation& in, std::uint32_t segment) override {
    return inner_->entries_of_segment(in, segment);
  }
  std::uint32_t segments() const override { return inner_->segments(); }
  void process_expiration() override { inner_->process_expiration(); }
  engine::ListenerId add_listener(engine::ListenerSpec spec) override { return inner_->add_listener(std::move(spec)); }
  bool remove_listener(engine::ListenerId id) override { return inner_->remove_listener(id); }
  engine::StatisticsSnapshot statistics() const override { return inner_->statistics(); }
  void reset_statistics() override { inner_->reset_statistics(); }
  Status set_attribute(const std::string& path, const std::string& value) override { return inner_->set_attribute(path, value); }

 private:
  Result<engine::KeyOrder::Guard> my_turn();
  /// What is there by its name, in the stored form; with the .errors.
  Result<std::map<std::string, Entry>> all();
  Status settle(const std::map<std::string, Entry>& before);
  Status validate(const std::map<std::string, Entry>& now);
  Status keep(const std::map<std::string, Entry>& now);
  void undo(const std::map<std::string, Entry>& before);
  void keep_news();
  Status put(const Entry& entry);
  Status remove(BytesView stored_key);

  runtime::Runtime& runtime_;
  const engine::CachePtr inner_;
  const std::unique_ptr<SchemaStore> store_;  // null = nothing is kept
  engine::ListenerId listener_ = 0;
  engine::KeyOrder order_;
};

}  // namespace holdfast::server
