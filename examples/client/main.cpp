// client URI: counts how often it ran, in the default cache of the grid that the URI names.
#include <holdfast/remote_cache_manager.h>

#include <iostream>

int main(int, char** argv) {
  holdfast::RemoteCacheManager grid(argv[1]);
  auto runs = grid.cache<std::string, std::int64_t>();
  const auto count = runs.merge("runs", 1, [](const std::int64_t& before, const std::int64_t& more) { return before + more; });
  std::cout << "run " << *count << "\n";
}
