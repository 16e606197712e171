#include "endpoint/hotrod/look_ahead.h"

namespace holdfast::hotrod {
namespace {

/// Operations whose body starts with the key; these are the ones that come in great number.
bool starts_with_key(Op op) {
  return (op <= Op::get_with_version && (static_cast<std::uint8_t>(op) & 1) != 0) || op == Op::get_with_metadata;
}

/// Moves behind the rest of a request's body, whose length no flag changes; false when that is not so simple.
bool skip_rest(Reader& in, const Header& header) {
  switch (static_cast<Op>(header.op)) {
    case Op::put:
    case Op::put_if_absent:
    case Op::replace:
      read_expiration(in, header, [] { return TimeMs{0}; });
      in.array();
      return true;
    case Op::get:
    case Op::remove:
    case Op::contains_key:
    case Op::get_with_version:
    case Op::get_with_metadata: return true;
    default: return false;
  }
}

}  // namespace

void LookAhead::find(BytesView input, ViewCache& views) {
  count_ = 0;
  view_ = nullptr;
  start_ = input.data();
  input = input.substr(0, kBytesMax);
  Reader in(input);
  while (count_ < kRequestsMax && !in.at_end()) {
    const std::size_t begin = in.position();
    Header header;
    if (read_head(in, header) != HeadFault::none || !starts_with_key(static_cast<Op>(header.op))) break;
    if (!views.repeats(in, input, header.version)) {
      if (count_ > 0) break;
      read_addressee(in, input, header);
      if (!in.ok() || !views.find(header)) break;
    }
    if (count_ == 0) view_ = views.last();
    if (!view_ || !view_->can_prefetch()) break;
    const std::size_t parameters = in.position();
    read_parameters(in, header);
    const BytesView key = in.array();
    if (!in.ok()) break;
    requests_[count_++] = {header.message_id, hash_key(key), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(parameters - begin), header.op};
    if (!skip_rest(in, header) || !in.ok()) break;
  }
  left_ = count_;
  generation_ = views.generation();
}

void LookAhead::fetch(int round) const {
  for (std::size_t i = 0; i < count_; ++i) view_->prefetch(requests_[i].hash, round);
}

const LookAhead::Request* LookAhead::known(BytesView input, const ViewCache& views) const {
  if (left_ == 0 || generation_ != views.generation()) return nullptr;
  const Request& next = requests_[count_ - left_];
  return start_ + next.begin == input.data() ? &next : nullptr;
}

}  // namespace holdfast::hotrod
