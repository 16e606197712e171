// Media types: what kind of bytes keys and values are.
//
// Owner: values.  Threads: as values.  Waits: never.  Fails with: invalid_argument (malformed type).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace holdfast::media {

class MediaType {
 public:
  MediaType() = default;  // "not said"
  /// "text/plain; charset=utf-8". Names are case-insensitive and kept in lower case.
  static Result<MediaType> parse(std::string_view text);
  /// The predefined ids of Hot Rod (hot-rod.md 1.5); an empty type for an unknown id.
  static MediaType from_hotrod_id(std::uint32_t id);
  /// 0 when the type has no predefined id.
  std::uint32_t hotrod_id() const;

  bool empty() const { return name_.empty(); }
  const std::string& name() const { return name_; }  // "text/plain"
  const std::vector<std::pair<std::string, std::string>>& parameters() const { return parameters_; }
  std::string_view parameter(std::string_view name) const;  // "" when absent
  void add_parameter(std::string name, std::string value);
  std::string to_string() const;
  /// Same name; parameters aside.
  bool matches(const MediaType& other) const { return name_ == other.name_; }
  friend bool operator==(const MediaType&, const MediaType&) = default;

 private:
  std::string name_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

inline constexpr const char* kOctetStream = "application/octet-stream";
inline constexpr const char* kTextPlain = "text/plain";
inline constexpr const char* kJson = "application/json";
inline constexpr const char* kXml = "application/xml";
inline constexpr const char* kProtostream = "application/x-protostream";
inline constexpr const char* kJavaObject = "application/x-java-object";
inline constexpr const char* kUnknown = "application/x-unknown";

}  // namespace holdfast::media
