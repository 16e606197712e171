// The settings of a cache.
#include <array>

#include "config/builder.h"
#include "config/descriptors.h"

namespace holdfast::config {
namespace {

using Cache = CacheConfiguration;
using Memory = MemoryConfiguration;
constexpr const char* kNoMeaning = "of the original, has no meaning here";

std::vector<ElementConfiguration>& extra_of(void* cache) { return static_cast<Cache*>(cache)->extra; }

Codec<WhenFull> when_full() {
  return choice<WhenFull>({{"NONE", WhenFull::none}, {"MANUAL", WhenFull::manual}, {"REMOVE", WhenFull::remove}, {"EXCEPTION", WhenFull::exception}},
                          {{"UNORDERED", WhenFull::remove}, {"FIFO", WhenFull::remove}, {"LRU", WhenFull::remove}, {"LIRS", WhenFull::remove}});
}

/// How bounds were written before 10: <eviction>, and <object>, <binary>, <off-heap> inside <memory>.
struct OldMemory {
  std::int64_t size = -1;
  bool bytes = false;
  std::optional<WhenFull> strategy;
};

ElementPtr old_memory_element(const std::string& name) {
  const auto counted = choice<bool>({{"COUNT", false}, {"MEMORY", true}});
  return Describe<OldMemory>(name, "Older form of <memory>.")
      .setting("size", &OldMemory::size, size(), "The bound.")
      .setting("max-entries", &OldMemory::size, integer<std::int64_t>(-1), "The bound.")
      .setting("eviction", &OldMemory::bytes, counted, "What the bound counts.")
      .setting("type", &OldMemory::bytes, counted, "What the bound counts.")
      .setting("strategy", &OldMemory::strategy, when_full(), "What happens at the bound.")
      .without_effect("thread-policy address-count", kNoMeaning);
}

/// `memory_of` finds the MemoryConfiguration in the parent.
Child old_memory(const std::string& name, Storage storage, Memory& (*memory_of)(void*)) {
  Child c;
  c.element = old_memory_element(name);
  c.old = true;
  c.read = [element = c.element, storage, memory_of](const Node& node, void* parent, Reading& reading) -> Status {
    OldMemory old;
    HF_TRY(apply(*element, node, &old, reading));
    Memory& memory = memory_of(parent);
    memory.storage = storage;
    (old.bytes ? memory.max_size_bytes : memory.max_count) = old.size;
    if (old.strategy) memory.when_full = old.strategy;
    return success();
  };
  return c;
}

Memory& memory_itself(void* memory) { return *static_cast<Memory*>(memory); }
Memory& memory_of_cache(void* cache) { return static_cast<Cache*>(cache)->memory; }

ElementPtr memory() {
  return Describe<Memory>("memory", "What a cache keeps in memory at most. One bound only.")
      .setting("max-count", &Memory::max_count, integer<std::int64_t>(-1), "Entries at most; -1 is no bound.").live()
      .setting("max-size", &Memory::max_size_bytes, size(), "Bytes at most, as the allocator gives them; -1 is no bound.").live()
      .setting("when-full", &Memory::when_full, when_full(), "What happens at the bound. Not said: REMOVE with a bound, NONE without.")
      .setting("storage", &Memory::storage,
               choice<Storage>({{"HEAP", Storage::heap}, {"OFF_HEAP", Storage::off_heap}}, {{"OBJECT", Storage::heap}, {"BINARY", Storage::heap}}),
               "HEAP evicts by TinyLFU, OFF_HEAP by least recent use; entries are native in both.")
      .without_effect("eviction-container", "A bound shared by caches.")
      .child(old_memory("object", Storage::heap, memory_itself))
      .child(old_memory("binary", Storage::heap, memory_itself))
      .child(old_memory("off-heap", Storage::off_heap, memory_itself));
}

ElementPtr expiration() {
  using E = ExpirationConfiguration;
  return Describe<E>("expiration", "When entries expire that do not say it themselves.")
      .setting("lifespan", &E::lifespan_ms, duration(), "After the last write; -1 is never.").live()
      .setting("max-idle", &E::max_idle_ms, duration(), "After the last use; -1 is never.").live()
      .setting("interval", &E::interval_ms, duration(), "Between two runs that remove what is expired; -1 is none.").live()
      .setting("touch", &E::touch_asynchronous, boolean_choice("ASYNC", "SYNC"), "Whether a read waits until the other owners know of it.").not_built();
}

Child encoding() {
  using E = EncodingConfiguration;
  Setting both = setting_of("media-type", &E::key_media_type, text(), "Media type of keys and values as they are stored.");
  both.set = [](void* object, const std::string& value) {
    auto& encoding = *static_cast<E*>(object);
    encoding.key_media_type = encoding.value_media_type = value;
    return success();
  };
  both.get = [](const void* object) -> std::optional<std::string> {
    const auto& encoding = *static_cast<const E*>(object);
    return encoding.key_media_type == encoding.value_media_type ? std::optional(encoding.key_media_type) : std::nullopt;
  };
  const auto part = [](const std::string& name, std::string E::*member) -> Child {
    ElementPtr element = Describe<E>(name, "Of the " + name + "s alone.").setting("media-type", member, text(), "Media type as it is stored.");
    auto child = Describe<E>("", "").group(element).element().children.front();
    child.write = [element](const void* parent, const void* base, std::vector<Node>& into) {
      const auto& encoding = *static_cast<const E*>(parent);
      if (encoding.key_media_type == encoding.value_media_type) return;
      Node node = write_element(*element, parent, base);
      if (!node.attributes.empty()) into.push_back(std::move(node));
    };
    return child;
  };
  ElementPtr element = Describe<E>("encoding", "How keys and values are stored. Not said: as clients send them.")
                           .setting(both)
                           .child(part("key", &E::key_media_type))
                           .child(part("value", &E::value_media_type));
  return Describe<Cache>("", "").one(element, &Cache::encoding).element().children.front();
}

ElementPtr locking() {
  using L = LockingConfiguration;
  return Describe<L>("locking", "Locks on keys.")
      .setting("isolation", &L::isolation,
               choice<Isolation>({{"NONE", Isolation::none}, {"READ_UNCOMMITTED", Isolation::read_uncommitted},
                                  {"READ_COMMITTED", Isolation::read_committed}, {"REPEATABLE_READ", Isolation::repeatable_read},
                                  {"SERIALIZABLE", Isolation::serializable}}),
               "What a transaction sees of others.")
      .setting("acquire-timeout", &L::acquire_timeout_ms, duration(0), "How long to wait for a key's lock.").live()
      .setting("concurrency-level", &L::concurrency_level, integer<std::int32_t>(1), "Kept for the original's files; locks are by segment here.")
      .setting("striping", &L::striping, boolean(), "Kept for the original's files; locks are by segment here.")
      .without_effect("write-skew", kNoMeaning);
}

Child transaction() {
  using T = TransactionConfiguration;
  ElementPtr element = Describe<T>("transaction", "Transactions of the cache.")
      .setting("mode", &T::mode,
               choice<TransactionMode>({{"NONE", TransactionMode::none}, {"BATCH", TransactionMode::batch}, {"NON_XA", TransactionMode::non_xa},
                                        {"NON_DURABLE_XA", TransactionMode::non_durable_xa}, {"FULL_XA", TransactionMode::full_xa}}),
               "Kind of transactions; NONE is none.").not_built()
      .setting("locking", &T::locking,
               choice<LockingMode>({{"OPTIMISTIC", LockingMode::optimistic}, {"PESSIMISTIC", LockingMode::pessimistic}}),
               "When keys are locked.").not_built()
      .setting("stop-timeout", &T::stop_timeout_ms, duration(0), "How long a stop waits for transactions.").not_built()
      .setting("complete-timeout", &T::complete_timeout_ms, duration(0), "How long completed ones are remembered.").not_built()
      .setting("reaper-interval", &T::reaper_interval_ms, duration(0), "Between two clearings of them.").not_built()
      .setting("auto-commit", &T::auto_commit, boolean(), "Whether a single write is a transaction of its own.").not_built()
      .setting("notifications", &T::notifications, boolean(), "Whether listeners hear of transactions.").not_built()
      .setting("recovery-cache", &T::recovery_cache, text(), "Cache of transactions in doubt.").not_built()
      .setting("transaction-manager-lookup", &T::manager_lookup, text(), "A registered name.").not_built()
      .without_effect("protocol", kNoMeaning);
  auto child = Describe<Cache>("", "").one(element, &Cache::transaction).element().children.front();
  child.read = [element](const Node& node, void* parent, Reading& reading) -> Status {
    std::vector<std::string> each;  // one warning for the element instead of one for each of its settings
    Reading inner{.options = reading.options, .warnings = each};
    auto& cache = *static_cast<Cache*>(parent);
    HF_TRY(apply(*element, node, &cache.transaction, inner));
    cache.invocation_batching = cache.transaction.mode == TransactionMode::batch;
    if (cache.transaction.mode != TransactionMode::none) reading.warn(node.place, "<transaction> is kept, transactions are not built yet");
    return success();
  };
  return child;
}

Child security() {
  using S = CacheSecurityConfiguration;
  ElementPtr authorization = Describe<S>("authorization", "Who may use the cache: asked when the element is there.")
      .setting("enabled", &S::authorization, boolean(), "false = everybody may.")
      .setting("roles", &S::roles, list(), "Roles of the container that may use it; none = all of them.").live();
  Child c;
  c.element = authorization;
  c.read = [authorization](const Node& node, void* parent, Reading& reading) {
    static_cast<S*>(parent)->authorization = true;
    return apply(*authorization, node, parent, reading);
  };
  c.write = [authorization](const void* parent, const void* base, std::vector<Node>& into) {
    Node node = write_element(*authorization, parent, base);
    if (node.attributes.empty()) return;
    std::erase_if(node.attributes, [](const auto& a) { return a.name == "enabled" && a.value == "true"; });
    // Reading the element enables; an addition to a disabled one has to say that it stays disabled.
    if (!static_cast<const S*>(parent)->authorization && !node.attribute("enabled")) node.set("enabled", "false");
    into.push_back(std::move(node));
  };
  ElementPtr element = Describe<S>("security", "Security of the cache.").child(std::move(c));
  return Describe<Cache>("", "").one(element, &Cache::security).element().children.front();
}

/// An element that is kept, and a field of the cache that says that it is there.
Child kept_with(const std::string& notation, const std::string& warning, std::function<void(Cache&, const Node&)> seen) {
  Child c = kept(known(notation).front(), extra_of, warning);
  c.read = [read = c.read, seen](const Node& node, void* parent, Reading& reading) -> Status {
    HF_TRY(read(node, parent, reading));
    seen(*static_cast<Cache*>(parent), node);
    return success();
  };
  return c;
}

Child indexing() {
  Child c = kept_with(
      "indexing(enabled storage startup-mode path indexing-mode use-java-embedded-entities index auto-config){"
      " index-reader(refresh-interval)"
      " index-writer(commit-interval ram-buffer-size max-buffered-entries thread-pool-size queue-count queue-size low-level-trace){"
      "  index-merge(max-entries factor min-size max-size max-forced-size calibrate-by-deletes)}"
      " index-sharding(shards) key-transformers{key-transformer*(key transformer)} indexed-entities{indexed-entity*$}"
      " property*$@properties(name)}",
      "is kept, indexes are not built yet", [](Cache& cache, const Node& node) {
        const auto* enabled = node.attribute("enabled");
        const auto* old = node.attribute("index");
        cache.indexing.enabled = enabled ? enabled->value == "true" : !old || old->value != "NONE";
      });
  c.write = [write = c.write](const void* parent, const void* base, std::vector<Node>& into) {
    const auto before = into.size();
    write(parent, base, into);
    const bool enabled = static_cast<const Cache*>(parent)->indexing.enabled;
    if (into.size() == before && enabled != static_cast<const Cache*>(base)->indexing.enabled) {
      Node& node = into.emplace_back();  // set by a program
      node.name = "indexing";
      node.set("enabled", enabled ? "true" : "false");
    }
  };
  return c;
}

std::string store_notation() {
  const std::string common =
      "shared transactional preload purge read-only write-only max-batch-size segmented fetch-state singleton name";
  const std::string inner =
      "write-behind(modification-queue-size thread-pool-size fail-silently flush-lock-timeout shutdown-timeout) property*$@properties(name)";
  const std::string soft = " index(path max-queue-length max-node-size min-node-size segments) data(path max-file-size sync-writes) ";
  const std::string jdbc = " connection-pool(connection-url username password driver properties-file) data-source(jndi-url)"
                           " simple-connection(connection-url username password driver) ";
  const std::string jdbc_settings = " dialect db-major-version db-minor-version read-query-timeout write-query-timeout ";
  const std::string schema = " schema(message-name key-message-name package embedded-key) ";
  const auto store = [&](const std::string& name, const std::string& settings, const std::string& children) {
    return name + "*(" + settings + " " + common + "){" + children + " " + inner + "} ";
  };
  return store("store", "class", "") + store("file-store", "max-entries path relative-to open-files-limit compaction-threshold fragmentation-factor", soft) +
         store("single-file-store", "max-entries path relative-to fragmentation-factor", "") +
         store("soft-index-file-store", "max-entries path relative-to open-files-limit compaction-threshold fragmentation-factor", soft) +
         store("cluster-loader", "remote-timeout", "") +
         store("rocksdb-store", "path relative-to block-size cache-size clear-threshold", " expiration(path queue-size) compression(type) ") +
         store("string-keyed-jdbc-store", "key-to-string-mapper" + jdbc_settings,
               jdbc + "string-keyed-table(prefix drop-on-exit create-on-start fetch-size batch-size){id-column(name type) data-column(name type)"
                      " timestamp-column(name type) segment-column(name type)}") +
         store("table-jdbc-store", "table-name" + jdbc_settings, jdbc + schema) +
         store("query-jdbc-store", "key-columns table-name" + jdbc_settings,
               jdbc + schema + "queries(key-columns select-single select-all size delete-single delete-all upsert)") +
         store("remote-store",
               "cache uri raw-values hotrod-wrapping socket-timeout connect-timeout tcp-no-delay balancing-strategy"
               " force-return-values marshaller protocol-version remote-cache-container",
               "remote-server*(host port) connection-pool(max-active min-idle exhausted-action max-pending-requests min-evictable-idle-time"
               " max-idle max-total) async-executor(factory){property*$@properties(name)}"
               " security{authentication(server-name){plain(username password) digest(username password realm) external}"
               "  encryption(protocol sni-hostname){keystore(filename password certificate-password key-alias type) truststore(filename password type)}}") +
         store("jpa-store", "persistence-unit entity-class batch-size store-metadata", "");
}

/// <file-store> means another store by version of the schema: before 13, and where none is said, the single file.
std::string store_kind(const Node& node, int schema_major) {
  if (node.name != "file-store") return node.name;
  const auto soft = [](const Node& n) {
    return n.attribute("open-files-limit") || n.attribute("compaction-threshold") ||
           std::any_of(n.children.begin(), n.children.end(), [](const Node& c) { return c.name == "index" || c.name == "data"; });
  };
  return schema_major >= 13 || soft(node) ? "soft-index-file-store" : "single-file-store";
}

ElementPtr persistence() {
  using P = PersistenceConfiguration;
  Describe<P> element("persistence", "Stores that keep entries beyond memory, in the order of reading.");
  element.setting("passivation", &P::passivation, boolean(), "Whether entries go to the stores only when memory is full.").not_built()
      .setting("connection-attempts", &P::connection_attempts, integer<std::int32_t>(1), "Tries to start a store.").not_built()
      .setting("availability-interval", &P::availability_interval_ms, duration(0), "Between two looks whether stores answer.").not_built()
      .without_effect("connection-interval", kNoMeaning);
  for (auto& store : known(store_notation())) {
    const auto kind = store.element;
    store.wrapper = "stores";
    store.key.clear();
    store.read = [kind](const Node& node, void* parent, Reading& reading) -> Status {
      HF_TRY(check_names(*kind, node));
      reading.warn(node.place, "<" + node.name + "> is kept, stores are not built yet: entries live in memory only");
      auto& stores = static_cast<P*>(parent)->stores;
      stores.push_back(keep(node));
      stores.back().name = store_kind(node, reading.schema_major);
      return success();
    };
    element.child(std::move(store));
  }
  // All kinds share one list, so the first child writes for all: their order is a meaning.
  element.element().children.front().write = [](const void* parent, const void* base, std::vector<Node>& into) {
    const auto& stores = static_cast<const P*>(parent)->stores;
    const auto& inherited = static_cast<const P*>(base)->stores;
    const bool adds = inherited.size() <= stores.size() && std::equal(inherited.begin(), inherited.end(), stores.begin());
    for (std::size_t i = adds ? inherited.size() : 0; i < stores.size(); ++i) into.push_back(node_of(stores[i]));
  };
  return element;
}

ElementPtr partition_handling() {
  using P = PartitionHandlingConfiguration;
  Setting enabled = boolean().shape;  // before 9.1
  enabled.name = "enabled";
  enabled.old = true;
  enabled.set = [](void* object, const std::string& written) -> Status {
    HF_ASSIGN(const bool value, parse_boolean(written));
    static_cast<P*>(object)->when_split = value ? WhenSplit::deny_read_writes : WhenSplit::allow_read_writes;
    return success();
  };
  return Describe<P>("partition-handling", "What happens when the cluster falls apart.")
      .setting(enabled)
      .setting("when-split", &P::when_split,
               choice<WhenSplit>({{"DENY_READ_WRITES", WhenSplit::deny_read_writes}, {"ALLOW_READS", WhenSplit::allow_reads},
                                  {"ALLOW_READ_WRITES", WhenSplit::allow_read_writes}}),
               "What is allowed while it is apart.")
      .setting("merge-policy", &P::merge_policy, text(), "How versions that differ become one: NONE, PREFERRED_ALWAYS, PREFERRED_NON_NULL, REMOVE_ALL or a registered name.");
}

ElementPtr state_transfer() {
  using S = StateTransferConfiguration;
  return Describe<S>("state-transfer", "How entries move to a node that joins.")
      .setting("enabled", &S::enabled, boolean(), "false has no effect, with a warning: who becomes an owner always fetches its entries.")
      .setting("timeout", &S::timeout_ms, duration(0), "How long it may take.").live()
      .setting("chunk-size", &S::chunk_size, integer<std::int32_t>(1), "Entries of one message.").live()
      .setting("await-initial-transfer", &S::await_initial_transfer, boolean(), "Whether the cache starts only when it is done.")
      .setting("await-leave-transfer", &S::await_leave_transfer, boolean(), "Whether a leaving node waits for it; it always does, for 10 s at most.");
}

ElementPtr groups() {
  using G = GroupsConfiguration;
  ElementPtr grouper = Describe<std::string>("grouper", "A registered grouper.")
      .setting([] {
        Setting s;
        s.name = "class";
        s.doc = "Its name.";
        s.set = [](void* object, const std::string& value) { *static_cast<std::string*>(object) = value; return success(); };
        s.get = [](const void* object) { return std::optional(*static_cast<const std::string*>(object)); };
        return s;
      }());
  return Describe<G>("groups", "Keys of one group have one owner.")
      .setting("enabled", &G::enabled, boolean(), "Whether keys have groups.")
      .many(grouper, &G::groupers);
}

void common_settings(Describe<Cache>& cache) {
  Setting name;
  name.name = "name";
  name.doc = "Name of the cache.";
  Setting parent;
  parent.name = "configuration";
  parent.doc = "The template whose settings this one starts from.";
  cache.setting(name).setting(parent)
      .setting("aliases", &Cache::aliases, list(), "Other names of the cache.").live()
      .setting("statistics", &Cache::statistics, boolean(), "Whether operations are counted. Not said: as the container says.").live()
      .setting("statistics-available", &Cache::statistics_available, boolean(), "false = they can never be counted.")
      .setting("unreliable-return-values", &Cache::unreliable_return_values, boolean(), "Whether writes may leave out the previous value.")
      .without_effect("start jndi-name module deadlock-detection-spin", kNoMeaning);
}

void common_children(Describe<Cache>& cache) {
  const std::string not_yet = "is kept, has no effect yet";
  cache.child(encoding())
      .one(memory(), &Cache::memory)
      .one(expiration(), &Cache::expiration)
      .one(locking(), &Cache::locking)
      .child(transaction())
      .one(persistence(), &Cache::persistence)
      .child(indexing())
      .child(security())
      .child(old_memory("eviction", Storage::heap, memory_of_cache))
      .child(kept_with("custom-interceptors{interceptor*(after before class index position){property*$@properties(name)}}", not_yet,
                       [](Cache& c, const Node&) { c.custom_interceptors = true; }))
      .child(kept_with("store-as-binary(keys values)", not_yet, [](Cache& c, const Node&) { c.store_as_binary = true; }));
  for (auto& one : known("backups(merge-policy max-cleanup-delay tombstone-map-size){backup*#site(site strategy failure-policy timeout enabled"
                         " two-phase-commit failure-policy-class){take-offline(after-failures min-wait)"
                         " state-transfer(chunk-size timeout max-retries wait-time mode)}}"
                         " backup-for(remote-cache remote-site)")) {
    cache.child(kept(one, extra_of, "is kept, other sites are not served yet: entries stay in this one"));
  }
  for (auto& one : known("query(default-max-results hit-count-accuracy) tracing(enabled categories) compatibility(marshaller) versioning(scheme)"
                         " data-container(class key-equivalence value-equivalence){property*$@properties(name)}"
                         " hot-keys(enabled top-k) anchored-keys(enabled)")) {
    cache.child(kept(one, extra_of, not_yet));
  }
}

void clustered_settings(Describe<Cache>& cache, CacheMode mode) {
  using S = ScatteredConfiguration;
  cache.setting("mode", &Cache::asynchronous, boolean_choice("ASYNC", "SYNC"), "Whether writes wait for other nodes.")
      .setting("remote-timeout", &Cache::remote_timeout_ms, duration(0), "How long to wait for another node.").live()
      .one(partition_handling(), &Cache::partition_handling);
  if (mode == CacheMode::invalidation) return;
  cache.setting("read-consistency", &Cache::read_consistency,
                choice<ReadConsistency>({{"linearizable", ReadConsistency::linearizable}, {"regular", ReadConsistency::regular}}),
                "linearizable: a read never goes back behind what another one saw. regular: while a write is under way, reads at different owners may.");
  cache.setting("segments", &Cache::segments, integer<std::int32_t>(1, 1 << 16), "Slices of the keys; ownership moves by segment.")
      .setting("consistent-hash-factory", &Cache::consistent_hash_factory, text(), "A registered name.")
      .setting("key-partitioner", &Cache::key_partitioner, text(), "A registered name.")
      .one(state_transfer(), &Cache::state_transfer);
  if (mode == CacheMode::replicated) return;
  cache.setting("capacity-factor", &Cache::capacity_factor, number(0), "This node's share of the segments, relative to others.")
      .setting("capacity", &Cache::capacity_factor, number(0), "Older name of capacity-factor.").old()
      .one(groups(), &Cache::groups);
  if (mode == CacheMode::distributed) {
    cache.setting("owners", &Cache::owners, integer<std::int32_t>(1, 1000), "Copies of each entry.")
        .setting("l1-lifespan", &Cache::l1_lifespan_ms, duration(), "How long copies of others' entries are kept; 0 = none are.")
        .setting("l1-cleanup-interval", &Cache::l1_cleanup_interval_ms, duration(), "Between two clearings of them.");
    return;
  }
  const auto in_scattered = [](Setting setting) { return within(&Cache::scattered, std::move(setting)); };
  cache.setting(in_scattered(setting_of("invalidation-batch-size", &S::invalidation_batch_size, integer<std::int32_t>(0), "Old copies dropped by one message.")))
      .setting(in_scattered(setting_of("bias-acquisition", &S::bias_on_write, boolean_choice("ON_WRITE", "NEVER"), "Whether a writer may read its own copy.")))
      .setting(in_scattered(setting_of("bias-lifespan", &S::bias_lifespan_ms, duration(0), "How long it may.")));
}

std::vector<CacheElement> make_cache_elements() {
  constexpr std::array<std::pair<const char*, CacheMode>, 5> kModes{{{"local", CacheMode::local},
                                                                    {"invalidation", CacheMode::invalidation},
                                                                    {"replicated", CacheMode::replicated},
                                                                    {"distributed", CacheMode::distributed},
                                                                    {"scattered", CacheMode::scattered}}};
  // All kinds share them: described once for each kind they would take 3 MB in every server.
  Describe<Cache> children("", "");
  common_children(children);
  std::vector<CacheElement> all;
  for (const bool is_template : {false, true}) {
    for (const auto& [name, mode] : kModes) {
      Describe<Cache> cache(std::string(name) + (is_template ? "-cache-configuration" : "-cache"),
                            is_template ? "A template of caches." : "A cache.");
      common_settings(cache);
      if (mode == CacheMode::local) {
        cache.setting("simple-cache", &Cache::simple, boolean(), "Whether the cache leaves out all that costs time: stores, transactions, indexes.");
      } else {
        clustered_settings(cache, mode);
      }
      for (const Child& child : children.element().children) cache.child(child);
      all.push_back({cache, mode, is_template});
    }
  }
  return all;
}

}  // namespace

void settle_version(Node& node, int schema_major) {
  node.name = store_kind(node, schema_major);
  node.space.clear();
  for (auto& child : node.children) settle_version(child, schema_major);
}

const std::vector<CacheElement>& cache_elements() {
  static const std::vector<CacheElement> kAll = make_cache_elements();
  return kAll;
}

const CacheElement* find_cache_element(std::string_view name) {
  for (const auto& one : cache_elements()) {
    if (one.element->name == name) return &one;
  }
  return nullptr;
}

const CacheElement& cache_element_of(CacheMode mode, bool is_template) {
  for (const auto& one : cache_elements()) {
    if (one.mode == mode && one.is_template == is_template) return one;
  }
  HF_ASSERT(false);
}

}  // namespace holdfast::config
