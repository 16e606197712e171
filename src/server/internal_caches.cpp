#include "server/internal_caches.h"

#include "media/media_type.h"

namespace holdfast::server {
namespace {

engine::InternalCache cache_of_text(const char* name, const char* media_type) {
  engine::InternalCache cache;
  cache.name = name;
  cache.configuration.encoding = {media_type, media_type};
  cache.configuration.segments = 1;
  return cache;
}

}  // namespace

std::vector<engine::InternalCache> internal_caches() {
  return {cache_of_text(kSchemaCache, media::kProtostream), cache_of_text(kScriptCache, media::kTextPlain)};
}

bool is_internal(std::string_view cache) { return cache == kSchemaCache || cache == kScriptCache; }

}  // namespace holdfast::server
