#include "engine/validation.h"

namespace holdfast::engine {
namespace {

constexpr std::size_t kNameBytesMax = 255;
constexpr std::int32_t kSegmentsMax = 1 << 16;

Error refuse(const std::string& name, const std::string& why) {
  return Error(Errc::invalid_configuration, "cache '" + name + "': " + why);
}

Error not_with_simple(const std::string& name, const std::string& feature) {
  return refuse(name, "ISPN000381: a simple cache does not support " + feature + "; remove it or remove simple-cache=\"true\"");
}

Status validate_simple(const std::string& name, const CacheConfiguration& c) {
  if (c.mode != CacheMode::local) return refuse(name, "simple-cache=\"true\" is for local caches only");
  if (c.transaction.mode != TransactionMode::none) return not_with_simple(name, "transactions");
  if (c.invocation_batching) return not_with_simple(name, "invocation batching");
  if (!c.persistence.stores.empty() || c.persistence.passivation) return not_with_simple(name, "persistence");
  if (c.custom_interceptors) return not_with_simple(name, "custom interceptors");
  if (c.indexing.enabled) return not_with_simple(name, "indexing");
  if (!c.encoding.key_media_type.empty() || !c.encoding.value_media_type.empty()) {
    return not_with_simple(name, "transcoding (encoding with a media type)");
  }
  if (c.store_as_binary) return not_with_simple(name, "store-as-binary");
  return success();
}

Status validate_memory(const std::string& name, const MemoryConfiguration& m) {
  if (m.max_count >= 0 && m.max_size_bytes >= 0) {
    return refuse(name, "memory has both max-count and max-size; give one bound only");
  }
  const WhenFull when_full = m.effective_when_full();
  if (when_full == WhenFull::exception) {
    return refuse(name,
                  "memory when-full=\"EXCEPTION\" needs a transactional cache with two-phase commit, and transactions "
                  "are not built yet; use when-full=\"REMOVE\"");
  }
  if (when_full == WhenFull::remove && !m.bounded()) {
    return refuse(name, "memory when-full=\"REMOVE\" needs max-count or max-size");
  }
  return success();
}

}  // namespace

Status validate_cache_name(const std::string& name) {
  if (name.empty()) return Error(Errc::invalid_argument, "a cache needs a name");
  if (name.size() > kNameBytesMax) {
    return Error(Errc::invalid_argument, "the cache name '" + name.substr(0, 40) + "...' is longer than 255 bytes");
  }
  for (const char c : name) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      return Error(Errc::invalid_argument, "a cache name may not contain control characters");
    }
  }
  return success();
}

Status validate_cache(const std::string& name, const CacheConfiguration& c) {
  if (c.segments < 1 || c.segments > kSegmentsMax) {
    return refuse(name, "segments is " + std::to_string(c.segments) + "; it must be from 1 to " + std::to_string(kSegmentsMax));
  }
  if (c.simple) HF_TRY(validate_simple(name, c));
  return validate_memory(name, c.memory);
}

const char* immutable_difference(const CacheConfiguration& a, const CacheConfiguration& b) {
  if (a.mode != b.mode || a.asynchronous != b.asynchronous) return "the cache's mode";
  if (a.simple != b.simple) return "simple-cache";
  if (a.segments != b.segments) return "segments";
  if (a.owners != b.owners) return "owners";
  if (a.encoding.key_media_type != b.encoding.key_media_type || a.encoding.value_media_type != b.encoding.value_media_type) {
    return "encoding";
  }
  if (a.memory.storage != b.memory.storage) return "memory.storage";
  if (a.memory.bounded() != b.memory.bounded()) return "whether memory is bounded";
  if (a.memory.effective_when_full() != b.memory.effective_when_full()) return "memory.when-full";
  if (a.transaction.mode != b.transaction.mode) return "transaction.mode";
  if (a.indexing.enabled != b.indexing.enabled) return "indexing";
  if (a.persistence.stores != b.persistence.stores) return "persistence";
  return "";
}

}  // namespace holdfast::engine
