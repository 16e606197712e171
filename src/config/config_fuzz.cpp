#include <cstdint>

#include "base/assert.h"
#include "config/config.h"

// Any text in any format. What can be read must be written and read back as the same thing in every format.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  ReadOptions options;
  options.property = [](const std::string& name) { return name == "set" ? std::optional<std::string>("value") : std::nullopt; };
  options.read_file = [&](const std::string& path) -> Result<std::string> {
    if (path == "itself") return std::string(text);
    return Error(Errc::not_found, "no such file");
  };
  if (const auto document = read(text, options); document.ok()) {
    for (const Format format : {Format::xml, Format::json, Format::yaml}) HF_ASSERT(!write(*document, format).empty());
  }
  if (const auto cache = read_cache(text, options, {}); cache.ok()) {
    for (const Format format : {Format::json, Format::yaml}) {
      const auto again = read_cache(write_cache(*cache, format), ReadOptions{}, {});
      HF_ASSERT(!again.ok() || again->configuration.memory == cache->configuration.memory);
    }
  }
  for (const Format format : {Format::xml, Format::json, Format::yaml}) (void)convert(text, options, format);
  return 0;
}
