#include "endpoint/hotrod/hotrod_endpoint.h"

#include "endpoint/hotrod/session.h"

namespace holdfast::hotrod {
namespace {

class HotrodEndpoint final : public server::Endpoint {
 public:
  HotrodEndpoint(const server::EndpointContext& context, Extensions extensions)
      : state_(std::make_shared<EndpointState>(context, std::move(extensions))) {}

  server::Detection detect(BytesView first_bytes) const override {
    if (first_bytes.empty()) return server::Detection::need_more;
    return static_cast<std::uint8_t>(first_bytes.front()) == kRequestMagic ? server::Detection::yes : server::Detection::no;
  }
  std::unique_ptr<runtime::Handler> make_handler() override { return std::make_unique<Session>(state_); }

 private:
  const std::shared_ptr<EndpointState> state_;
};

}  // namespace

std::unique_ptr<server::Endpoint> make_hotrod_endpoint(const server::EndpointContext& context) { return make_hotrod_endpoint(context, Extensions()); }

std::unique_ptr<server::Endpoint> make_hotrod_endpoint(const server::EndpointContext& context, Extensions extensions) {
  return std::make_unique<HotrodEndpoint>(context, std::move(extensions));
}

}  // namespace holdfast::hotrod
