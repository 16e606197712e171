#include "container/shard.h"

namespace holdfast::container {

void EntryBatch::add(const EntryView& entry) {
  rows_.push_back({bytes_.size(), entry.key.size(), entry.value.size(), entry.metadata});
  bytes_.append(entry.key);
  bytes_.append(entry.value);
}

void EntryBatch::clear() {
  bytes_.clear();
  rows_.clear();
}

EntryView EntryBatch::operator[](std::size_t i) const {
  const Row& row = rows_[i];
  const BytesView all(bytes_);
  return {all.substr(row.key_at, row.key_size), all.substr(row.key_at + row.key_size, row.value_size), row.metadata};
}

}  // namespace holdfast::container
