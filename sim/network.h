// Network: the wires and the systems' TCP of a simulation: who reaches whom, how long bytes travel, which listener is where,
// and every open stream. SimNet (a host's runtime::Net) and SimConnection stand on it.
//
// A stream delivers in order; different streams overtake each other. Nothing of a stream is lost: a cut or a loss makes it
// late (TCP sends again), a cut that lasts longer than `give_up_after` breaks it. What the receiver does not read fills a
// window of `window_bytes`, then the sender keeps the rest. Datagrams are lost, doubled and overtake each other; all hosts are
// on one network, so a datagram to a group reaches every host that joined it.
//
// Owner: the Simulation.  Threads: its one.  Waits: never.  Fails with: nothing; faults are what it is for.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/function.h"
#include "runtime/net.h"
#include "sim/prng.h"

namespace holdfast::sim {

class Simulation;
class SimHost;
class SimConnection;

struct NetworkOptions {
  Duration delay_min = std::chrono::microseconds(30);
  Duration delay_max = std::chrono::microseconds(150);
  Duration local_delay_max = std::chrono::microseconds(20);   // within one host
  /// Now and then a delay comes from a long tail.
  std::uint32_t tail_ppm = 10'000;
  Duration tail_max = std::chrono::milliseconds(5);
  /// A lost packet is sent again, and everything behind it waits.
  std::uint32_t loss_ppm = 0;
  Duration resend_min = std::chrono::milliseconds(200);
  Duration resend_max = std::chrono::milliseconds(400);
  /// A write arrives in two parts, as streams do.
  std::uint32_t split_ppm = 20'000;
  /// A datagram is lost (in addition to loss_ppm, and on each host of a group by itself), or arrives twice.
  std::uint32_t datagram_loss_ppm = 0;
  std::uint32_t datagram_twice_ppm = 1'000;
  std::size_t window_bytes = std::size_t{256} << 10;
  Duration connect_again = std::chrono::seconds(1);
  Duration give_up_after = std::chrono::seconds(30);
};

/// One direction between two hosts.
struct Link {
  bool cut = false;
  Duration extra_delay{};
  std::uint64_t bytes_per_second = 0;  // 0 = no limit
  std::uint32_t loss_ppm = 0;          // in addition to the network's
};

/// What travels in one direction of a stream.
struct Segment {
  enum class Kind : std::uint8_t { data, window, end, reset };
  Duration due;
  Kind kind;
  Bytes data;
  std::size_t freed = 0;  // of the receiver's window
};

/// A stream: two ends, each an object of its host's process while the process has it open.
struct Stream {
  struct Side {
    SimHost* host = nullptr;
    std::weak_ptr<SimConnection> end;    // gone: that process has closed it
    bool open = true;                    // the end takes what arrives
    // What travels to the other side:
    std::deque<Segment> flying;
    Duration last_due{};
    bool scheduled = false;
    bool stalled = false;
    std::uint64_t stall = 0;             // counts stalls, to tell them apart
    std::size_t unfreed = 0;             // bytes sent that the other side has not read
  };
  std::uint64_t id = 0;
  Side side[2];
};

/// A listener as the system knows it.
struct ListenerState {
  SimHost* host;
  runtime::Endpoint at;      // host "" = every address
  runtime::HandlerFactory factory;
  runtime::ListenOptions options;
  runtime::LoopId next_loop = 0;
  bool closed = false;
};

/// A socket for datagrams as the system knows it.
struct DatagramState {
  SimHost* host;
  runtime::LoopId loop;
  runtime::Endpoint at;
  runtime::DatagramHandler handler;
  runtime::DatagramOptions options;
  std::size_t waiting = 0;   // received, and its loop not there yet
  bool closed = false;
};

/// How the system's end of a connection tells its fate to who waits in connect().
struct ConnectAttempt {
  std::unique_ptr<runtime::Event> done;
  Errc error = Errc::timeout;
  std::shared_ptr<SimConnection> connection;
  std::unique_ptr<runtime::Handler> handler;
  std::uint32_t incarnation = 0;   // of the process that asks
  bool abandoned = false;
};

class Network {
 public:
  Network(Simulation& simulation, Prng prng, const NetworkOptions& options);
  ~Network();

  // Faults. Cuts take effect on what is in the air too; nobody is told.
  void cut(const SimHost& from, const SimHost& to);
  void cut_both(const SimHost& a, const SimHost& b);
  void heal(const SimHost& from, const SimHost& to);
  void heal_both(const SimHost& a, const SimHost& b);
  void heal_all();
  /// Cuts every link between different groups.
  void partition(const std::vector<std::vector<SimHost*>>& groups);
  /// Delay, bandwidth, loss of one direction; the reference stays.
  Link& link(const SimHost& from, const SimHost& to);
  /// Breaks every stream between the two, as a middle box that lost its memory does: both sides are told.
  void reset_streams(const SimHost& a, const SimHost& b);
  NetworkOptions& options() { return options_; }
  std::size_t streams() const { return streams_.size(); }

  // For the simulation's parts.
  std::unique_ptr<runtime::Net> make_net(SimHost& host);
  Simulation& simulation() { return simulation_; }
  Status bind(const std::shared_ptr<ListenerState>& listener);
  Status bind(const std::shared_ptr<DatagramState>& socket);
  void unbind(const DatagramState* socket);
  void send_datagram(const DatagramState& from, const runtime::Endpoint& to, BytesView datagram);
  std::uint16_t next_port();
  /// Chooses a port where `at` names none; where it names one, address_in_use when that is taken.
  Status take_port(runtime::Endpoint& at, FunctionRef<bool(std::uint16_t)> taken);
  void unbind(const ListenerState* listener);
  SimHost* find_host(const std::string& address_or_name, SimHost& from) const;
  /// One more try of a connection to reach its listener.
  struct Call {
    SimHost* from;
    runtime::LoopId loop;
    SimHost* to;
    runtime::Endpoint at;
    std::shared_ptr<ConnectAttempt> attempt;
  };
  void send_connect(const Call& call, Duration after);
  /// How much the stream takes from this side now.
  std::size_t room(const Stream& stream, int side) const;
  void send(const std::shared_ptr<Stream>& stream, int side, Segment::Kind kind, Bytes data, std::size_t freed);
  /// The process has closed its end.
  void close(const std::shared_ptr<Stream>& stream, int side, bool reset);
  void process_started(SimHost& host);
  void process_ended(SimHost& host, bool power);
  void drop_handlers(SimHost& host);

 private:
  static constexpr std::uint16_t kFirstPort = 32768;  // of those given out
  static constexpr std::size_t kDatagramsWaitingMax = 256;  // in one socket's buffer
  void fly(const std::shared_ptr<DatagramState>& to, const SimHost& from, const runtime::Endpoint& sender, const std::shared_ptr<const Bytes>& datagram);
  void arrive_datagram(const std::shared_ptr<DatagramState>& to, const SimHost& from, const runtime::Endpoint& sender, const std::shared_ptr<const Bytes>& datagram);
  /// Of a packet that is not lost.
  Duration travel_time(const SimHost& from, const SimHost& to);
  Duration delay(const SimHost& from, const SimHost& to, std::size_t bytes);
  bool reachable(const SimHost& from, const SimHost& to);
  void arrive_connect(const Call& call);
  void accept(const Call& call, const std::shared_ptr<ListenerState>& listener);
  void answer_connect(const Call& call, const std::shared_ptr<SimConnection>& connection, Duration after);
  void refuse(const Call& call);
  std::shared_ptr<ListenerState> find_listener(const SimHost& host, const runtime::Endpoint& at) const;
  void push(const std::shared_ptr<Stream>& stream, int side, Segment segment);
  void schedule(const std::shared_ptr<Stream>& stream, int side, Duration at);
  void deliver(const std::shared_ptr<Stream>& stream, int side);
  void deliver_one(const std::shared_ptr<Stream>& stream, int side, Segment segment);
  void stall(const std::shared_ptr<Stream>& stream, int side);
  void give_up(const std::shared_ptr<Stream>& stream, int side, std::uint64_t stall);
  void forget_if_over(const std::shared_ptr<Stream>& stream);
  void revive(const SimHost* from, const SimHost* to);
  void break_end(const std::shared_ptr<Stream>& stream, int side);

  Simulation& simulation_;
  Prng prng_;
  NetworkOptions options_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, Link> links_;
  std::vector<std::shared_ptr<ListenerState>> listeners_;
  std::vector<std::shared_ptr<DatagramState>> datagrams_;
  std::map<std::uint64_t, std::shared_ptr<Stream>> streams_;
  /// The open ends, which the system keeps alive, in the order of their making.
  std::map<std::pair<std::uint64_t, int>, std::shared_ptr<SimConnection>> ends_;
  /// What a killed process still owns, until its fibers have ended.
  std::vector<std::shared_ptr<SimConnection>> orphans_;
  std::vector<std::shared_ptr<ListenerState>> orphaned_listeners_;
  std::vector<std::shared_ptr<DatagramState>> orphaned_datagrams_;
  std::uint64_t next_stream_ = 1;
  std::uint16_t next_port_ = kFirstPort;
};

}  // namespace holdfast::sim
