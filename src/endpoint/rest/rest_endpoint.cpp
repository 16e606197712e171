#include "endpoint/rest/rest_endpoint.h"

#include <algorithm>

#include "endpoint/rest/session.h"

namespace holdfast::rest {
namespace {

constexpr std::string_view kStarts[] = {"GET ", "HEAD ", "PUT ", "POST ", "DELETE ", "OPTIONS ", "PATCH ", "TRACE ", "CONNECT "};

class RestEndpoint final : public server::Endpoint {
 public:
  explicit RestEndpoint(const server::EndpointContext& context) : state_(std::make_shared<EndpointState>(context)) {}

  server::Detection detect(BytesView first) const override {
    bool may_become = false;
    for (const std::string_view start : kStarts) {
      const std::size_t common = std::min(first.size(), start.size());
      if (first.substr(0, common) != start.substr(0, common)) continue;
      if (common == start.size()) return server::Detection::yes;
      may_become = true;
    }
    return may_become ? server::Detection::need_more : server::Detection::no;
  }
  std::unique_ptr<runtime::Handler> make_handler() override { return std::make_unique<Session>(state_); }

 private:
  const std::shared_ptr<EndpointState> state_;
};

}  // namespace

std::unique_ptr<server::Endpoint> make_rest_endpoint(const server::EndpointContext& context) { return std::make_unique<RestEndpoint>(context); }

}  // namespace holdfast::rest
