#include <cstdint>

#include "base/assert.h"
#include "media/transcoder.h"
#include "media/wrapped_message.h"

// Any bytes: read, converted to what a request may ask for, and what could be written is read back as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::media;
  const BytesView input(reinterpret_cast<const char*>(data), size);
  const MediaType protostream = MediaType::parse(kProtostream).value();
  const MediaType json = MediaType::parse(kJson).value();
  if (const auto wrapped = read_wrapped(input); wrapped.ok() && wrapped->kind == Wrapped::Kind::scalar) {
    const auto again = read_wrapped(write_wrapped(*wrapped));
    HF_ASSERT(again.ok() && again->scalar == wrapped->scalar && scalar_text(*again) == scalar_text(*wrapped));
    const auto text = convert(input, protostream, json);
    if (text.ok()) HF_ASSERT(convert(*text, json, protostream).ok());
  }
  (void)convert(input, json, protostream);
  (void)convert(input, protostream, MediaType::parse("text/plain; charset=iso-8859-1").value());
  return 0;
}
