// A node that looks for others says so to the group. Whoever hears it dials it; whoever looks too answers, so that one way is
// enough when datagrams get lost or the group works in one direction only.
#include "cluster/discoveries.h"
#include "cluster/multicast_message.h"
#include "cluster/strangers.h"

namespace holdfast::cluster {
namespace {

constexpr const char* kGroup = "239.6.7.8";  // the original's
constexpr std::int64_t kGroupPort = 46655;
constexpr std::int64_t kHops = 2;

struct Group {
  runtime::Endpoint at;
  std::string interface;
  int hops = 1;
  bool optional = false;
};

class MulticastDiscovery final : public Discovery, public std::enable_shared_from_this<MulticastDiscovery> {
 public:
  explicit MulticastDiscovery(Group group) : group_(std::move(group)) {}

  Status start(runtime::Runtime& runtime, const Presence& me, Found found) override {
    runtime_ = &runtime;
    me_ = me;
    found_ = std::move(found);
    const Status opened = open();
    if (opened.ok()) return success();
    const std::string why = "the multicast group " + group_.at.host + ":" + std::to_string(group_.at.port) + " cannot be used on the interface of " + group_.interface + ": " +
                            opened.error().message() + "; choose another address (jgroups.bind.address), or name the nodes in a stack with TCPPING initial_hosts";
    if (!group_.optional) return Error(opened.error().code(), why);
    runtime.log().warn("cluster", why);
    return success();
  }

  void find(const Presence& me) override {
    me_ = me;
    if (!ask_ || !me.looking) return;
    const Status sent = say(true, group_.at);
    if (sent.ok() == told_failure_ && sent.code() != Errc::exhausted) {
      told_failure_ = !sent.ok();
      if (told_failure_) runtime_->log().warn("cluster", "nothing can be said to the multicast group: " + sent.error().message());
    }
  }

  void stop() override {
    hear_.reset();
    ask_.reset();
  }

 private:
  Status open() {
    runtime::DatagramOptions options;
    options.interface = group_.interface;
    options.hops = group_.hops;
    options.shared = true;
    const auto heard = [weak = weak_from_this()](const runtime::Endpoint& from, BytesView datagram) {
      if (const auto self = weak.lock()) self->on_datagram(from, datagram);
    };
    HF_ASSIGN(hear_, runtime_->net().open_datagrams(runtime::kControlLoop, group_.at, heard, options));
    options.shared = false;
    HF_ASSIGN(ask_, runtime_->net().open_datagrams(runtime::kControlLoop, {group_.interface, 0}, heard, options));
    return success();
  }

  Status say(bool asks, const runtime::Endpoint& to) {
    Bytes datagram;
    append_multicast_message(datagram, {asks, me_.cluster, me_.node});
    return ask_->send(to, datagram);
  }

  void on_datagram(const runtime::Endpoint& from, BytesView datagram) {
    const auto message = read_multicast_message(datagram);
    if (!message) {
      if (const auto line = strangers_.line(runtime_->clock().now(), from.host)) {
        runtime_->log().warn("cluster", "a datagram from " + from.host + " to the multicast group " + group_.at.host + ":" + std::to_string(group_.at.port) +
                                            " is no node's; does another product use the group? (jgroups.mcast_addr and jgroups.mcast_port choose another)" + *line);
      }
      return;
    }
    if (message->cluster != me_.cluster || message->node.address == me_.node.address) return;
    if (message->asks && me_.looking && ask_) static_cast<void>(say(false, from));  // it asks again
    found_({message->node.host, message->node.port});
  }

  const Group group_;
  runtime::Runtime* runtime_ = nullptr;
  Presence me_;
  Found found_;
  std::unique_ptr<runtime::DatagramSocket> hear_, ask_;
  Strangers strangers_;
  bool told_failure_ = false;
};

}  // namespace

Result<DiscoveryPtr> read_multicast_discovery(const DiscoverySettings& settings, DiscoveryAttributes& attributes) {
  Group group;
  group.at.host = attributes.text("mcast_addr").value_or(settings.group.value_or(kGroup));
  HF_ASSIGN(const std::int64_t port, attributes.number("mcast_port", settings.group_port.value_or(kGroupPort), 1, 65535));
  HF_ASSIGN(const std::int64_t hops, attributes.number("ip_ttl", kHops, 0, 255));
  group.at.port = static_cast<std::uint16_t>(port);
  group.hops = static_cast<int>(hops);
  group.interface = attributes.text("bind_addr").value_or(settings.interface);
  group.optional = settings.optional;
  return DiscoveryPtr(std::make_shared<MulticastDiscovery>(std::move(group)));
}

}  // namespace holdfast::cluster
