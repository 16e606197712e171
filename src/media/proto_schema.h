// Protobuf schemas: are these .proto texts right, taken together?
//
// The original's own schemas (org/infinispan/...) and protobuf's (google/protobuf/...) may be imported without being in
// the set; annotations in comments are comments.
//
// Owner: stateless.  Threads: any.  Waits: never, but compiles for milliseconds.
// Fails with: nothing; what is wrong is the answer.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace holdfast::media {

struct SchemaError {
  std::string file;
  std::string message;  // "LINE:COLUMN: what is wrong"; several are joined by a line break
};

/// One error for each file that does not parse, or imports one that does not; in the order of their names.
std::vector<SchemaError> validate_schemas(const std::map<std::string, std::string>& files);

}  // namespace holdfast::media
