// What listeners and iterations may ask the server to make of an entry: filters and converters by name.
//
// Owner: factories belong to the endpoint, what they make to a listener or an iteration.
// Threads: any; what is made must bear calls from several threads.  Waits: never.
// Fails with: what the factory says (bad parameters); convert() with what a conversion of media types says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/registry.h"
#include "server/dispatcher.h"

namespace holdfast::hotrod {

/// Everything in the request's media types, or in the storage's for a listener that wants raw data.
struct EventData {
  BytesView key;
  const Bytes* value = nullptr;     // null for removals
  const Bytes* previous = nullptr;  // null when there was none
  Version version = 0;
  Version previous_version = 0;
};

/// For whom: the factory's parameters and the media type in which payloads are wanted.
struct FactoryRequest {
  std::vector<Bytes> parameters;
  media::MediaType payload;
};

using EventFilter = std::function<bool(const EventData&)>;
using EventConverter = std::function<Result<Bytes>(const EventData&)>;
/// Gives what an iteration shows as the value of an entry; nullopt = the entry is not shown.
using IterationConverter = std::function<std::optional<Bytes>(const Entry&)>;

using EventFilterFactory = std::function<Result<EventFilter>(const FactoryRequest&)>;
using EventConverterFactory = std::function<Result<EventConverter>(const FactoryRequest&)>;
using IterationConverterFactory = std::function<Result<IterationConverter>(const FactoryRequest&)>;

struct Factories {
  Registry<EventFilterFactory> filters{"key/value filter factory"};
  Registry<EventConverterFactory> converters{"converter factory"};
  Registry<IterationConverterFactory> iteration{"iteration filter factory"};
};

/// Those that need no plug-in and no query.
Factories built_in_factories();

}  // namespace holdfast::hotrod
