// How the load generator speaks to each server: requests made from a key number, answers counted and verified.
//
// Owner: the generator.  Threads: one.  Waits: never.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::bench {

enum class Op { get, put };

/// 16 bytes, the same for every server.
std::string key_of(std::uint32_t number);
/// `size` bytes that depend on the key, so that a wrong answer is noticed.
std::string value_of(std::uint32_t number, std::size_t size);

class Protocol {
 public:
  virtual ~Protocol() = default;
  virtual void request(std::string& out, Op op, std::uint32_t key) = 0;
  /// Length of the first complete answer in `input` (0 = not complete yet); exits with a message if it is wrong.
  virtual std::size_t answer(std::string_view input, Op op, std::uint32_t key) = 0;
};

std::unique_ptr<Protocol> make_protocol(std::string_view name, std::size_t value_size);

}  // namespace holdfast::bench
