#include "endpoint/hotrod/streams.h"

#include <algorithm>

namespace holdfast::hotrod {
namespace {

Error unknown(std::int32_t id) {
  return Error(Errc::invalid_argument, "there is no stream " + std::to_string(id) + " on this connection: it was never started, or has ended");
}

}  // namespace

Status Streams::admit(std::size_t bytes) const {
  if (reading_.size() + writing_.size() >= kStreamsMax) {
    return Error(Errc::exhausted, "a connection may have " + std::to_string(kStreamsMax) + " streams open: end some first");
  }
  if (bytes > kBytesMax - bytes_) {
    return Error(Errc::too_large, "the streams of this connection would hold more than " + std::to_string(kBytesMax) + " bytes");
  }
  return success();
}

Result<std::int32_t> Streams::start(GetStream stream) {
  HF_TRY(admit(stream.value.size()));
  bytes_ += stream.value.size();
  reading_[next_id_] = std::move(stream);
  return next_id_++;
}

Result<std::int32_t> Streams::start(PutStream stream) {
  HF_TRY(admit(0));
  writing_[next_id_] = std::move(stream);
  return next_id_++;
}

Result<GetStream*> Streams::reading(std::int32_t id) {
  if (const auto at = reading_.find(id); at != reading_.end()) return &at->second;
  if (std::find(finished_.begin(), finished_.end(), id) != finished_.end()) return &nothing_left_;
  return unknown(id);
}

Result<PutStream*> Streams::writing(std::int32_t id) {
  const auto at = writing_.find(id);
  if (at == writing_.end()) return unknown(id);
  return &at->second;
}

Status Streams::append(PutStream& stream, BytesView piece) {
  if (piece.size() > kBytesMax - bytes_) {
    return Error(Errc::too_large, "the streams of this connection would hold more than " + std::to_string(kBytesMax) + " bytes");
  }
  stream.value.append(piece);
  bytes_ += piece.size();
  return success();
}

void Streams::finish_reading(std::int32_t id) {
  if (!end_reading(id)) return;
  finished_.push_back(id);
  if (finished_.size() > kStreamsMax) finished_.pop_front();
}

bool Streams::end_reading(std::int32_t id) {
  if (std::erase(finished_, id) != 0) return true;
  const auto at = reading_.find(id);
  if (at == reading_.end()) return false;
  bytes_ -= at->second.value.size();
  reading_.erase(at);
  return true;
}

std::optional<PutStream> Streams::end_writing(std::int32_t id) {
  const auto at = writing_.find(id);
  if (at == writing_.end()) return std::nullopt;
  std::optional<PutStream> stream(std::move(at->second));
  bytes_ -= stream->value.size();
  writing_.erase(at);
  return stream;
}

}  // namespace holdfast::hotrod
