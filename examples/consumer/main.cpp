#include <holdfast/cache_manager.h>

#include <iostream>

int main() {
  holdfast::CacheManager world;
  world.define("greetings");
  auto greetings = world.cache<std::string, std::string>("greetings");
  greetings.put("en", "hello");
  std::cout << greetings.get("en").value_or("?") << "\n";
}
