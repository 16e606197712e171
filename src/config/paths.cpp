#include "config/paths.h"

namespace holdfast::config {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash == 0 ? 1 : slash);
}

std::string join_path(const std::string& folder, const std::string& path) {
  if (folder.empty() || path.starts_with('/')) return path;
  return folder + (folder.ends_with('/') ? "" : "/") + path;
}

Result<std::string> located(const std::string& path, const std::string& relative_to, const std::string& fallback,
                            const Place& place, const Reading& reading) {
  if (path.starts_with('/')) return path;
  const std::string& property = relative_to.empty() ? fallback : relative_to;
  const auto folder = reading.options.property ? reading.options.property(property) : std::nullopt;
  if (folder) return join_path(*folder, path);
  if (relative_to.empty()) return path;
  return error_at(place, "'relative-to' names the property '" + relative_to + "', which is not set; set it with -D" +
                             relative_to + "=FOLDER or give an absolute path");
}

}  // namespace holdfast::config
