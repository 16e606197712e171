#include <holdfast/cache_manager.h>

#include <iostream>

int main(int, char** arguments) {
  const auto world = holdfast::CacheManager::from_file(arguments[1]);  // XML, JSON or YAML
  auto sessions = world.cache<std::string, int>();                     // the default cache
  sessions.put("visits", 1);
  sessions.merge("visits", 1, [](int before, int more) { return before + more; });
  std::cout << sessions.name() << ": " << *sessions.get("visits") << "\n";
}
