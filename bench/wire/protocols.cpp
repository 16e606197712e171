#include "protocols.h"

#include <cstdio>
#include <cstdlib>

namespace holdfast::bench {
namespace {

[[noreturn]] void wrong(const char* what, std::string_view input) {
  std::fprintf(stderr, "wrong answer (%s), starts with:", what);
  for (char c : input.substr(0, 64)) std::fprintf(stderr, " %02x", static_cast<unsigned char>(c));
  std::fprintf(stderr, "\n");
  std::exit(1);
}

void append_vint(std::string& out, std::uint32_t v) {
  for (; v >= 0x80; v >>= 7) out.push_back(static_cast<char>(v | 0x80));
  out.push_back(static_cast<char>(v));
}

/// Reads a vInt at `at`; false when the input ends inside of it.
bool read_vint(std::string_view in, std::size_t& at, std::uint32_t& v) {
  v = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (at >= in.size()) return false;
    const auto byte = static_cast<unsigned char>(in[at++]);
    v |= static_cast<std::uint32_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  wrong("vint", in);
}

/// Hot Rod 2.5, default cache, basic client intelligence.
class HotRod final : public Protocol {
 public:
  explicit HotRod(std::size_t value_size) : value_size_(value_size) {}
  void request(std::string& out, Op op, std::uint32_t key) override {
    const char header[] = {'\xa0', 1, 25, static_cast<char>(op == Op::get ? 0x03 : 0x01), 0, 0, 1, 0};
    out.append(header, sizeof header);
    append_vint(out, 16);
    out += key_of(key);
    if (op == Op::put) {
      out.push_back('\x88');  // no lifespan, no max-idle
      append_vint(out, static_cast<std::uint32_t>(value_size_));
      out += value_of(key, value_size_);
    }
  }
  std::size_t answer(std::string_view in, Op op, std::uint32_t key) override {
    if (in.size() < 5) return 0;
    if (in[0] != '\xa1' || in[1] != 1 || in[2] != (op == Op::get ? 0x04 : 0x02) || in[3] != 0 || in[4] != 0) wrong("header", in);
    if (op == Op::put) return 5;
    std::size_t at = 5;
    std::uint32_t size = 0;
    if (!read_vint(in, at, size) || in.size() < at + size) return 0;
    if (in.substr(at, size) != value_of(key, value_size_)) wrong("value", in);
    return at + size;
  }

 private:
  std::size_t value_size_;
};

class Resp final : public Protocol {
 public:
  explicit Resp(std::size_t value_size) : value_size_(value_size) {}
  void request(std::string& out, Op op, std::uint32_t key) override {
    if (op == Op::get) {
      out += "*2\r\n$3\r\nGET\r\n$16\r\n" + key_of(key) + "\r\n";
    } else {
      out += "*3\r\n$3\r\nSET\r\n$16\r\n" + key_of(key) + "\r\n$" + std::to_string(value_size_) + "\r\n" + value_of(key, value_size_) + "\r\n";
    }
  }
  std::size_t answer(std::string_view in, Op op, std::uint32_t key) override {
    if (op == Op::put) {
      if (in.size() < 5) return 0;
      if (in.substr(0, 5) != "+OK\r\n") wrong("status", in);
      return 5;
    }
    const auto line = in.find("\r\n");
    if (line == std::string_view::npos) return 0;
    if (in.substr(0, line) != "$" + std::to_string(value_size_)) wrong("length", in);
    if (in.size() < line + 4 + value_size_) return 0;
    if (in.substr(line + 2, value_size_) != value_of(key, value_size_)) wrong("value", in);
    return line + 4 + value_size_;
  }

 private:
  std::size_t value_size_;
};

class Memcached final : public Protocol {
 public:
  explicit Memcached(std::size_t value_size) : value_size_(value_size) {}
  void request(std::string& out, Op op, std::uint32_t key) override {
    if (op == Op::get) {
      out += "get " + key_of(key) + "\r\n";
    } else {
      out += "set " + key_of(key) + " 0 0 " + std::to_string(value_size_) + "\r\n" + value_of(key, value_size_) + "\r\n";
    }
  }
  std::size_t answer(std::string_view in, Op op, std::uint32_t key) override {
    const std::string whole = op == Op::put ? "STORED\r\n"
                                            : "VALUE " + key_of(key) + " 0 " + std::to_string(value_size_) + "\r\n" + value_of(key, value_size_) + "\r\nEND\r\n";
    if (in.size() < whole.size()) return 0;
    if (in.substr(0, whole.size()) != whole) wrong("answer", in);
    return whole.size();
  }

 private:
  std::size_t value_size_;
};

/// About the bytes of a Hot Rod request and answer: what comes back is what was sent.
class Echo final : public Protocol {
 public:
  explicit Echo(std::size_t value_size) : size_(8 + 17 + value_size / 2) {}
  void request(std::string& out, Op, std::uint32_t key) override { out += value_of(key, size_); }
  std::size_t answer(std::string_view in, Op, std::uint32_t key) override {
    if (in.size() < size_) return 0;
    if (in.substr(0, size_) != value_of(key, size_)) wrong("echo", in);
    return size_;
  }

 private:
  std::size_t size_;
};

}  // namespace

std::string key_of(std::uint32_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "key:%012u", number);
  return {text, 16};
}

std::string value_of(std::uint32_t number, std::size_t size) {
  std::string value = key_of(number);
  value.resize(size, 'v');
  return value;
}

std::unique_ptr<Protocol> make_protocol(std::string_view name, std::size_t value_size) {
  if (name == "hotrod") return std::make_unique<HotRod>(value_size);
  if (name == "resp") return std::make_unique<Resp>(value_size);
  if (name == "memcached") return std::make_unique<Memcached>(value_size);
  if (name == "echo") return std::make_unique<Echo>(value_size);
  std::fprintf(stderr, "unknown protocol; hotrod, resp, memcached and echo are known\n");
  std::exit(2);
}

}  // namespace holdfast::bench
