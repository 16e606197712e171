#include "media/proto_schema.h"

#include <gtest/gtest.h>

namespace holdfast::media {
namespace {

TEST(ProtoSchema, AcceptsAnnotationsAndTheOriginalsImports) {
  const std::map<std::string, std::string> files = {
      {"person.proto",
       "package acme;\nimport \"org/infinispan/protostream/message-wrapping.proto\";\nimport \"org/infinispan/protostream/annotations.proto\";\n"
       "import \"google/protobuf/descriptor.proto\";\nimport \"address.proto\";\n"
       "/**\n * @Indexed\n * @TypeId(1000042)\n */\nmessage Person {\n  /* @Basic(sortable = true) */ required string name = 1;\n"
       "  optional Address home = 2;\n  optional org.infinispan.protostream.WrappedMessage any = 3;\n}\n"},
      {"address.proto", "syntax = \"proto3\"; package acme; message Address { string street = 1; }"}};
  for (const SchemaError& error : validate_schemas(files)) ADD_FAILURE() << error.file << ": " << error.message;
}

TEST(ProtoSchema, NamesThePlaceOfAnErrorAndEveryFileThatImportsIt) {
  const auto errors = validate_schemas({{"a.proto", "message A {\n  optional strin x = 1;\n}"},
                                        {"b.proto", "import \"a.proto\"; message B { optional A a = 1; }"},
                                        {"c.proto", "message C { optional string s = 1; }"},
                                        {"d.proto", "this is no schema"},
                                        {"e.proto", "import \"missing.proto\";"}});
  ASSERT_EQ(errors.size(), 4U);
  EXPECT_EQ(errors[0].file, "a.proto");
  EXPECT_NE(errors[0].message.find("2:12: \"strin\" is not defined"), std::string::npos) << errors[0].message;
  EXPECT_EQ(errors[1].file, "b.proto");
  EXPECT_EQ(errors[2].file, "d.proto");
  EXPECT_EQ(errors[3].file, "e.proto");
  EXPECT_NE(errors[3].message.find("missing.proto"), std::string::npos) << errors[3].message;
}

TEST(ProtoSchema, FindsATypeThatTwoFilesDefine) {
  const auto errors = validate_schemas({{"a.proto", "message A {}"}, {"b.proto", "message A {}"}});
  ASSERT_EQ(errors.size(), 1U);
  EXPECT_EQ(errors[0].file, "b.proto");
}

}  // namespace
}  // namespace holdfast::media
