#include "media/transcoder.h"

#include <gtest/gtest.h>

#include "media/wrapped_message.h"

namespace holdfast::media {
namespace {

MediaType type(std::string_view text) { return text.empty() ? MediaType() : MediaType::parse(text).value(); }
Result<Bytes> convert(BytesView bytes, std::string_view from, std::string_view to) { return media::convert(bytes, type(from), type(to)); }
Bytes converted(BytesView bytes, std::string_view from, std::string_view to) {
  auto result = convert(bytes, from, to);
  return result.ok() ? *result : "failed: " + result.error().message();
}

constexpr BytesView kLatinE("\xe9", 1);
constexpr BytesView kUtf8E("\xc3\xa9", 2);

TEST(Transcoder, HandsOutTheSameBytesWhereNothingIsToBeDone) {
  for (const char* same : {"text/plain", "application/json", "image/png", "application/x-protostream"}) {
    EXPECT_TRUE(is_identity(type(same), type(same)));
    EXPECT_TRUE(is_identity(type(same), type("")));
    EXPECT_TRUE(is_identity(type("application/x-unknown"), type(same)));
  }
  EXPECT_TRUE(is_identity(type("text/plain; charset=iso-8859-1"), type("application/octet-stream")));
  EXPECT_TRUE(is_identity(type("text/plain"), type("application/x-java-object")));
  EXPECT_FALSE(is_identity(type("text/plain; charset=iso-8859-1"), type("text/plain")));
  EXPECT_FALSE(is_identity(type("text/plain"), type("application/json")));
}

TEST(Transcoder, RecodesTexts) {
  EXPECT_EQ(converted(kLatinE, "text/plain; charset=ISO-8859-1", "text/plain"), kUtf8E);
  EXPECT_EQ(converted(kUtf8E, "text/plain", "text/plain; charset=latin1"), kLatinE);
  EXPECT_TRUE(convert(kUtf8E, "text/plain", "text/plain; charset=us-ascii").failed_with(Errc::invalid_argument));
  EXPECT_TRUE(convert("x", "text/plain", "text/plain; charset=ebcdic").failed_with(Errc::not_supported));
  EXPECT_TRUE(convert(kLatinE, "text/plain", "text/plain; charset=iso-8859-1").failed_with(Errc::invalid_argument));
  EXPECT_EQ(converted(kLatinE, "text/plain; charset=iso-8859-1", "application/x-java-object"), kUtf8E);
}

TEST(Transcoder, TakesTextAsJsonOnlyIfItIsJson) {
  EXPECT_EQ(converted(R"({"a":1})", "text/plain", "application/json"), R"({"a":1})");
  EXPECT_EQ(converted(R"({"a":1})", "application/json", "text/plain"), R"({"a":1})");
  EXPECT_EQ(converted("", "application/octet-stream", "application/json"), "");
  EXPECT_TRUE(convert("hello", "text/plain", "application/json").failed_with(Errc::invalid_argument));
  EXPECT_TRUE(convert(std::string(100000, '['), "text/plain", "application/json").failed_with(Errc::invalid_argument));
}

TEST(Transcoder, WrapsStringsBytesAndScalarsAsProtostreamDoes) {
  EXPECT_EQ(converted("abc", "text/plain", "application/x-protostream"), "J\x03" "abc");
  EXPECT_EQ(converted("abc", "application/octet-stream", "application/x-protostream"), "R\x03" "abc");
  EXPECT_EQ(converted(kLatinE, "text/plain; charset=iso-8859-1", "application/x-protostream"), "J\x02" + Bytes(kUtf8E));
  EXPECT_EQ(converted("7", "application/x-java-object; type=java.lang.Integer", "application/x-protostream"), "\x28\x07");
  EXPECT_EQ(converted("7", "application/x-java-object; type=java.lang.String", "application/x-protostream"), "J\x01" "7");
  EXPECT_TRUE(convert("x", "application/x-java-object; type=java.lang.Integer", "application/x-protostream").failed_with(Errc::invalid_argument));
  EXPECT_TRUE(convert("x", "application/x-java-object; type=org.Acme", "application/x-protostream").failed_with(Errc::not_supported));
}

TEST(Transcoder, UnwrapsProtostream) {
  EXPECT_EQ(converted("J\x03" "abc", "application/x-protostream", "text/plain"), "abc");
  EXPECT_EQ(converted("R\x03" "abc", "application/x-protostream", "application/octet-stream"), "abc");
  EXPECT_EQ(converted("J\x03" "abc", "application/x-protostream", "application/octet-stream"), "abc");
  EXPECT_EQ(converted("\x28\x07", "application/x-protostream", "text/plain"), "7");
  EXPECT_EQ(converted("\x28\x07", "application/x-protostream", "application/octet-stream"), "\x28\x07");
  EXPECT_EQ(converted("\x40\x01", "application/x-protostream", "text/plain"), "true");
  EXPECT_TRUE(convert("\xff", "application/x-protostream", "text/plain").failed_with(Errc::invalid_argument));
  const Bytes message = Bytes("\x82\x01\x04" "acme", 7) + Bytes("\x8a\x01\x00", 3);
  EXPECT_TRUE(convert(message, "application/x-protostream", "application/json").failed_with(Errc::not_supported));
  EXPECT_EQ(converted(message, "application/x-protostream", "application/octet-stream"), message);
}

TEST(Transcoder, WritesEveryScalarAsJsonAndReadsItBack) {
  const std::pair<const char*, const char*> scalars[] = {
      {"double", "1.5"}, {"float", "0.1"},   {"int64", "-9223372036854775808"}, {"uint64", "18446744073709551615"}, {"int32", "-5"},
      {"bool", "true"},  {"sint32", "-3"},   {"sint64", "-1"},                  {"uint32", "4294967295"},           {"fixed32", "1"},
      {"fixed64", "2"},  {"sfixed32", "-2"}, {"sfixed64", "-7"},                {"string", "\"a\\\"b\""},           {"bytes", "\"AP8=\""}};
  for (const auto& [name, value] : scalars) {
    const Bytes text = std::string(R"({"_type":")") + name + R"(","_value":)" + value + "}";
    const Bytes wrapped = converted(text, "application/json", "application/x-protostream");
    EXPECT_EQ(converted(wrapped, "application/x-protostream", "application/json"), text) << name;
  }
}

TEST(Transcoder, ReadsPlainJsonScalarsAndTextualValues) {
  EXPECT_EQ(converted("\"abc\"", "application/json", "application/x-protostream"), "J\x03" "abc");
  EXPECT_EQ(converted("5", "application/json", "application/x-protostream"), "\x28\x05");
  EXPECT_EQ(converted(R"({"_type":"int32","_value":"5"})", "application/json", "application/x-protostream"), "\x28\x05");
  EXPECT_TRUE(convert(R"({"_type":"int32","_value":5000000000})", "application/json", "application/x-protostream").failed_with(Errc::invalid_argument));
  EXPECT_TRUE(convert(R"({"a":1})", "application/json", "application/x-protostream").failed_with(Errc::invalid_argument));
  EXPECT_TRUE(convert(R"({"_type":"acme.Person","name":"x"})", "application/json", "application/x-protostream").failed_with(Errc::not_supported));
  EXPECT_TRUE(convert("{", "application/json", "application/x-protostream").failed_with(Errc::invalid_argument));
}

TEST(Transcoder, RefusesWhatTheOriginalRefuses) {
  EXPECT_FALSE(can_convert(type("image/png"), type("text/plain")));
  EXPECT_FALSE(can_convert(type("application/xml"), type("application/json")));
  EXPECT_FALSE(can_convert(type("application/xml"), type("application/x-protostream")));
  EXPECT_TRUE(can_convert(type("application/xml"), type("text/plain")));
  EXPECT_TRUE(convert("x", "image/png", "text/plain").failed_with(Errc::not_supported));
}

TEST(WrappedMessage, SkipsFieldsThatItDoesNotKnow) {
  const auto wrapped = read_wrapped(Bytes("\xa2\x01\x01" "x", 4) + "J\x01" "y");
  ASSERT_TRUE(wrapped.ok());
  EXPECT_EQ(std::get<Bytes>(wrapped->value), "y");
}

TEST(WrappedMessage, RefusesLengthsAndTypesThatDoNotFit) {
  EXPECT_FALSE(read_wrapped("J\xff\xff\xff\xff\x0f" "abc").ok());
  EXPECT_FALSE(read_wrapped("\x48\x05").ok());  // a string that says it is a varint
  EXPECT_FALSE(read_wrapped(Bytes("\x00\x05", 2)).ok());
  EXPECT_FALSE(read_wrapped("\x4b").ok());
}

TEST(WrappedMessage, WritesRealNumbersAsJavaDoes) {
  Wrapped w;
  w.kind = Wrapped::Kind::scalar;
  w.scalar = Scalar::float64;
  w.value = 2.0;
  EXPECT_EQ(scalar_text(w), "2.0");
  EXPECT_EQ(write_wrapped(w), Bytes("\x09\0\0\0\0\0\0\0\x40", 9));
}

}  // namespace
}  // namespace holdfast::media
