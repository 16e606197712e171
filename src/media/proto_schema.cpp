#include "media/proto_schema.h"

#include <google/protobuf/compiler/importer.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/stubs/logging.h>

namespace holdfast::media {
namespace {

namespace pb = google::protobuf;

constexpr std::string_view kWrappingName = "org/infinispan/protostream/message-wrapping.proto";
/// What a schema that imports it may refer to: the fields are those of wrapped_message.h.
constexpr std::string_view kWrappingText =
    "syntax = \"proto2\";\n"
    "package org.infinispan.protostream;\n"
    "message WrappedMessage {\n"
    "  oneof scalarOrMessage {\n"
    "    double wrappedDouble = 1; float wrappedFloat = 2; int64 wrappedInt64 = 3; uint64 wrappedUInt64 = 4; int32 wrappedInt32 = 5;\n"
    "    fixed64 wrappedFixed64 = 6; fixed32 wrappedFixed32 = 7; bool wrappedBool = 8; string wrappedString = 9; bytes wrappedBytes = 10;\n"
    "    uint32 wrappedUInt32 = 11; sfixed32 wrappedSFixed32 = 12; sfixed64 wrappedSFixed64 = 13; sint32 wrappedSInt32 = 14;\n"
    "    sint64 wrappedSInt64 = 15; bytes wrappedMessage = 17; int32 wrappedEnum = 18;\n"
    "  }\n"
    "  oneof type { string wrappedTypeName = 16; int32 wrappedTypeId = 19; }\n"
    "}\n";

/// The set, then what is built in.
class MemoryTree final : public pb::compiler::SourceTree {
 public:
  explicit MemoryTree(const std::map<std::string, std::string>& files) : files_(files) {}

  pb::io::ZeroCopyInputStream* Open(const std::string& name) override {
    const std::string* text = find(name);
    if (text == nullptr) {
      error_ = "there is no schema of this name";
      return nullptr;
    }
    return new pb::io::ArrayInputStream(text->data(), static_cast<int>(text->size()));
  }
  std::string GetLastErrorMessage() override { return error_; }

 private:
  const std::string* find(const std::string& name) {
    if (const auto at = files_.find(name); at != files_.end()) return &at->second;
    std::string& text = built_in_[name];
    if (!text.empty()) return &text;
    if (name == kWrappingName) {
      text = kWrappingText;
    } else if (name.starts_with("org/infinispan/")) {
      text = "syntax = \"proto2\";";  // annotations: names in comments only
    } else if (name.starts_with("google/protobuf/")) {
      const pb::FileDescriptor* known = pb::DescriptorPool::generated_pool()->FindFileByName(name);
      if (known != nullptr) text = known->DebugString();
    }
    if (!text.empty()) return &text;
    built_in_.erase(name);
    return nullptr;
  }

  const std::map<std::string, std::string>& files_;
  std::map<std::string, std::string> built_in_;
  std::string error_;
};

class Collector final : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& file, int line, int column, const std::string& message) override {
    std::string& all = errors_[file];
    if (all.size() > kErrorBytesMax) return;
    if (!all.empty()) all += "\n";
    // Lines count from 0 there; -1 is the file as a whole.
    if (line >= 0) all += std::to_string(line + 1) + ":" + std::to_string(column + 1) + ": ";
    all += message;
  }
  std::map<std::string, std::string>& errors() { return errors_; }

 private:
  static constexpr std::size_t kErrorBytesMax = 4096;
  std::map<std::string, std::string> errors_;
};

}  // namespace

std::vector<SchemaError> validate_schemas(const std::map<std::string, std::string>& files) {
  // A schema without a syntax line is a proto2 one for the original too, and no reason to write to standard error.
  const pb::LogSilencer silence;
  MemoryTree tree(files);
  Collector collector;
  pb::compiler::Importer importer(&tree, &collector);
  std::vector<SchemaError> out;
  for (const auto& [name, text] : files) {
    if (importer.Import(name) != nullptr) continue;
    const auto found = collector.errors().find(name);
    out.push_back({name, found == collector.errors().end() ? "the schema is not valid" : found->second});
  }
  return out;
}

}  // namespace holdfast::media
