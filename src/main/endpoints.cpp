#include "main/endpoints.h"

#include "endpoint/hotrod/hotrod_endpoint.h"
#include "endpoint/rest/rest_endpoint.h"

namespace holdfast::main_program {

std::map<std::string, server::EndpointFactory> built_in_endpoints() {
  return {
      {"hotrod", [](const server::EndpointContext& context) {
         hotrod::Extensions extensions;
         extensions.topology = hotrod::cluster_topology(*context.dispatcher);
         return hotrod::make_hotrod_endpoint(context, std::move(extensions));
       }},
      {"rest", [](const server::EndpointContext& context) { return rest::make_rest_endpoint(context); }},
  };
}

}  // namespace holdfast::main_program
