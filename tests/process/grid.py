"""Clusters of real servers, clients that try again, and a load whose answers are checked while it runs."""
import http.client
import itertools
import json
import random
import re
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
from hotrod import OK, REPLACE_IF_UNMODIFIED, IMMORTAL, HotRod, HotRodError, array, get_with_version  # noqa: E402
from servers import Server, Suite  # noqa: E402

CACHES = """<distributed-cache name="dist" owners="2" segments="60" statistics="true"><encoding media-type="text/plain"/></distributed-cache>
    <replicated-cache name="repl" segments="20" statistics="true"><encoding media-type="text/plain"/></replicated-cache>"""
CONFIGURATION = """<infinispan xmlns="urn:infinispan:config:15.0">
  <jgroups><stack name="listed" extends="tcp"><TCPPING initial_hosts="{hosts}" port_range="0"/></stack></jgroups>
  <cache-container name="c" default-cache="dist" statistics="true" zero-capacity-node="{zero_capacity}">
    <transport cluster="{cluster}" stack="{stack}" node-name="${{infinispan.node.name}}" {hints}/>
    {caches}
  </cache-container>
  <server xmlns="urn:infinispan:server:15.0">
    <interfaces><interface name="public"><inet-address value="{address}"/></interface></interfaces>
    <socket-bindings default-interface="public"><socket-binding name="default" port="${{infinispan.bind.port:11222}}"/></socket-bindings>
    <endpoints socket-binding="default"/>
  </server>
</infinispan>"""
VIEW = re.compile(r"ISPN00009[34]: Received new[^(]*\((\d+)\)")

_ports = itertools.count(random.randrange(15000, 30000))


def quiet_port():
    """A free port below those that the system gives to clients, who might take it while its server is away."""
    for port in _ports:
        port = 15000 + (port - 15000) % 15000
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def now():
    return time.monotonic()


def until(condition, seconds, what):
    """Waits for the condition and says how long it took."""
    started = now()
    while True:
        last = condition()
        if last:
            return now() - started
        if now() - started > seconds:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)


def rest(port, method, path, body=None, timeout=10, headers=None, host="127.0.0.1"):
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Loopback:
    """Where the nodes of a Grid run: on this host, told apart by ports of their own. (namespaces.py has the other one.)"""

    def __init__(self, count):
        self.addresses = ["127.0.0.1"] * count
        self.cluster_ports = [quiet_port() for _ in range(count)]
        self.ports = [quiet_port() for _ in range(count)]

    def command(self, _):
        """What comes before a command that is to run there."""
        return []


class Grid:
    """Nodes n0, n1, ... that can be started, stopped, killed and paused each by itself; all are gone when the block ends."""

    def __init__(self, count=3, places=None, caches=CACHES, start=True, nodes_caches=None, nodes_hints=None, zero_capacity=(), machines=None, stack="listed"):
        self.places = places or count + 1
        self.cluster = f"grid-{quiet_port()}"
        self.folder = Path(tempfile.mkdtemp(prefix="holdfast-process-"))
        self.machines = machines or Loopback(self.places)
        self.addresses, self.ports, self.cluster_ports = self.machines.addresses, self.machines.ports, self.machines.cluster_ports
        hosts = ",".join(f"{a}[{p}]" for a, p in list(zip(self.addresses, self.cluster_ports))[:self.places])
        def configuration(i):
            return CONFIGURATION.format(hosts=hosts, cluster=self.cluster, caches=(nodes_caches or {}).get(i, caches), stack=stack,
                                        hints=(nodes_hints or {}).get(i, ""), zero_capacity=str(i in zero_capacity).lower(), address=self.addresses[i])
        self.files = [{"conf/grid.xml": configuration(i)} for i in range(self.places)]
        self.nodes = [None] * self.places
        self.paused = set()
        try:
            if start:
                self.start(*range(count))
                self.wait_for_view(count)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for i in list(self.paused):
            self.resume(i)
        for node in self.running():
            node.process.send_signal(signal.SIGKILL)
            node.process.wait()
        if not sys.exc_info()[0]:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            print(f"     logs: {self.folder}")

    def running(self):
        return [n for n in self.nodes if n and n.process.poll() is None]

    def start(self, *which, wait=30):
        """All at once."""
        for i in which:
            arguments = ["-c", "grid.xml", "-n", f"n{i}", f"-Djgroups.bind.port={self.cluster_ports[i]}", f"-Djgroups.bind.address={self.addresses[i]}"]
            self.nodes[i] = Server(*arguments, files=self.files[i], root=self.folder / f"n{i}", port=self.ports[i], wait=0, prefix=self.machines.command(i))
        for i in which:
            if wait:
                self.nodes[i].wait_until_ready(wait)

    def kill(self, i):
        self.nodes[i].process.send_signal(signal.SIGKILL)
        self.nodes[i].process.wait()

    def stop(self, i):
        code = self.nodes[i].stop()
        assert code == 0, f"n{i} ended with {code}: {self.nodes[i].stdout()[-2000:]}"

    def pause(self, i):
        self.nodes[i].process.send_signal(signal.SIGSTOP)
        self.paused.add(i)

    def resume(self, i):
        self.nodes[i].process.send_signal(signal.SIGCONT)
        self.paused.discard(i)

    def view_sizes(self, i):
        """Of the views that the node has logged, in its latest life."""
        text = self.nodes[i].log()[self.nodes[i].log_before:]
        return [int(size) for size in VIEW.findall(text)]

    def alive(self):
        return [i for i, n in enumerate(self.nodes) if n and n.process.poll() is None and i not in self.paused]

    def wait_for_view(self, size, among=None, seconds=15):
        nodes = self.alive() if among is None else among
        return until(lambda: all(self.view_sizes(i)[-1:] == [size] for i in nodes), seconds,
                     lambda: f"views of {size}: { {i: self.view_sizes(i) for i in nodes} }")

    def hot_rod(self, i, **options):
        return HotRod(self.ports[i], host=self.addresses[i], **options)

    def rest(self, i, method, path, **options):
        return rest(self.ports[i], method, path, host=self.addresses[i], **options)

    def topology(self, i, cache="dist"):
        with self.hot_rod(i, cache=cache) as client:
            client.ping()
            return client.topology

    def wait_until_balanced(self, size, cache="dist", seconds=30):
        """Every running node tells clients of the same owners on `size` nodes."""
        def settled():
            told = [self.topology(i, cache) for i in self.alive()]
            return all(t and len(t.servers) == size and t.id == told[0].id and sorted(t.servers) == sorted(told[0].servers) for t in told) and \
                not any(self.rebalancing(i, cache) for i in self.alive())
        return until(settled, seconds, lambda: f"{size} servers told of: {[vars(self.topology(i, cache) or self) for i in self.alive()]}")

    def rebalancing(self, i, cache="dist"):
        status, body = self.rest(i, "GET", f"/rest/v2/caches/{cache}")
        assert status == 200, (status, body)
        return json.loads(body).get("rehash_in_progress", False)


class Gone(Exception):
    """Nobody served the operation in time."""


class Client:
    """Tries again on another node when a connection breaks or a node says that it is not the one (as clients do)."""
    PATIENCE = 20
    AGAIN = (0x87, 0x88)  # node suspected, illegal lifecycle state

    def __init__(self, grid, first, cache="dist", timeout=5, through=None):
        self.grid, self.cache, self.timeout, self.connection = grid, cache, timeout, None
        self.through = through or list(range(grid.places))  # the nodes that it may ask
        self.at = self.through[first % len(self.through)]

    def call(self, operation):
        """The operation's answer, and whether it was the first attempt."""
        end, tries = now() + self.PATIENCE, 0
        while now() < end:
            tries += 1
            try:
                return self.attempt(operation), tries == 1
            except (OSError, http.client.HTTPException) as _:
                pass
            except HotRodError as error:
                if error.status not in self.AGAIN:
                    raise
            self.leave()
            time.sleep(0.005)
        raise Gone(f"not served within {self.PATIENCE} s")

    def leave(self):
        self.close()
        self.at = self.through[(self.through.index(self.at) + 1) % len(self.through)]

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


class HotRodClient(Client):
    kind = "Hot Rod"

    def attempt(self, operation):
        if self.connection is None:
            self.connection = self.grid.hot_rod(self.at, cache=self.cache, timeout=self.timeout)
        return operation(self)

    def put(self, key, value):
        return self.call(lambda c: c.connection.put(key, value))

    def get(self, key):
        return self.call(lambda c: c.connection.get(key))

    def remove(self, key):
        return self.call(lambda c: c.connection.remove(key))

    def increment(self, key):
        """One compare-and-set: (True = won, False = lost, None = not known)."""
        (version, value), _ = self.call(lambda c: get_with_version(c.connection, key))
        body = array(key) + IMMORTAL + version.to_bytes(8, "big", signed=True) + array(str(int(value) + 1))
        (status, _), first = self.call(lambda c: c.connection.request(REPLACE_IF_UNMODIFIED, body))
        return True if status == OK else False if first else None


class RestClient(Client):
    kind = "REST"

    def attempt(self, operation):
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.grid.addresses[self.at], self.grid.ports[self.at], timeout=self.timeout)
        return operation(self)

    def ask(self, method, key, body=None):
        def once(client):
            client.connection.request(method, f"/rest/v2/caches/{self.cache}/{key}", body, {"Content-Type": "text/plain", "Accept": "text/plain"})
            answer = client.connection.getresponse()
            data = answer.read()
            if answer.status == 503:
                raise ConnectionError("not now")
            if answer.status not in (200, 204, 404):
                raise AssertionError(f"{method} {key}: {answer.status} {data!r}")
            return data if answer.status == 200 else None
        return self.call(once)

    def put(self, key, value):
        return self.ask("PUT", key, value)

    def get(self, key):
        return self.ask("GET", key)

    def remove(self, key):
        return self.ask("DELETE", key)


class Register:
    """A key with one writer, who writes 1, 2, 3, ...: what any read may answer is known."""

    def __init__(self, key):
        self.key, self.lock = key, threading.Lock()
        self.acknowledged = self.attempted = self.seen = 0
        # What was sent again because nobody answered. Such a client cannot be told from two: what it sent first may lie in the network
        # (TCP tries for seconds, also after the client closed) and be carried out after its later writes.
        self.repeated = set()


class Load:
    """with Load(grid) as load: ...   Writers, readers and counters of both protocols on one key space; check() afterwards.

    A read must answer nothing older than what was acknowledged, or seen by any reader, before it began (but for what was
    sent twice), and nothing that was not attempted before it ended. A counter must count every compare-and-set that was won, and no more."""

    def __init__(self, grid, cache="dist", keys=120, pause=0.002, nodes=3, through=None, prefix=""):
        self.grid, self.cache, self.pause, self.through = grid, cache, pause, through
        self.registers = [Register(f"{prefix}r{i}") for i in range(keys)]
        self.stopping, self.errors, self.threads = threading.Event(), [], []
        self.operations, self.slow, self.lock = 0, [], threading.Lock()
        self.won, self.unknown, self.counters = {}, {}, [f"{prefix}c{i}" for i in range(3)]
        kinds = [HotRodClient, RestClient, HotRodClient]
        share = -(-keys // 3)
        for i, kind in enumerate(kinds):
            self.add(self.write, kind, i % nodes, self.registers[i * share:(i + 1) * share])
            self.add(self.read, kinds[-i], (i + 1) % nodes, self.registers)
        for i in range(2):
            self.add(self.count, HotRodClient, i % nodes, self.counters)

    def add(self, work, kind, first, what):
        self.threads.append(threading.Thread(target=self.guarded, args=(work, kind(self.grid, first, self.cache, through=self.through), what), daemon=True))

    def __enter__(self):
        with self.grid.hot_rod((self.through or self.grid.alive())[0], cache=self.cache) as client:
            for counter in self.counters:
                client.put(counter, "0")
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)

    def guarded(self, work, client, what):
        try:
            generator = random.Random(id(client))
            while not self.stopping.is_set():
                started = now()
                work(client, generator.choice(what))
                took = now() - started
                self.operations += 1
                if took > 0.1:
                    self.slow.append((started, took))
                time.sleep(self.pause)
        except Exception as error:  # whatever a client is not to see
            self.errors.append(f"{client.kind} client at n{client.at}: {error!r}")
        finally:
            client.close()

    def write(self, client, r):
        with r.lock:
            r.attempted += 1
            number = r.attempted
        _, first = client.put(r.key, str(number))
        with r.lock:
            r.acknowledged = number
            if not first:
                r.repeated.add(number)

    def read(self, client, r):
        with r.lock:
            least = max(r.acknowledged, r.seen)
        value, _ = client.get(r.key)
        with r.lock:
            most, number = r.attempted, int(value or 0)
            late = number in r.repeated
            r.seen = max(r.seen, number)
        if not least <= number <= most and not late:
            self.errors.append(f"{client.kind} read of {r.key} at n{client.at}: {number}, between {least} and {most} was possible")

    def count(self, client, key):
        outcome = client.increment(key)
        with self.lock:
            into = self.won if outcome else self.unknown if outcome is None else {}
            into[key] = into.get(key, 0) + 1

    def longest(self, since):
        """How long operations that were under way at `since` or began in the second after it took at most."""
        return max((started + took - max(since, started) for started, took in self.slow if started < since + 1 and started + took > since), default=0.0)

    def wrong(self, i):
        """What node i answers that is not what was acknowledged last."""
        with self.grid.hot_rod(i, cache=self.cache) as client:
            for r in self.registers:
                value = int(client.get(r.key) or 0)
                if value != r.acknowledged and value not in r.repeated:
                    yield f"{r.key} at n{i}: {value}; {r.acknowledged} was acknowledged"
            for key in self.counters:
                value, won, unknown = int(client.get(key) or 0), self.won.get(key, 0), self.unknown.get(key, 0)
                if not won <= value <= won + unknown:
                    yield f"{key} at n{i}: {value}; won {won}, not known {unknown}"

    def check(self):
        assert not self.errors, f"{len(self.errors)} errors: {self.errors[:5]}"
        for i in self.grid.alive():
            wrong = list(self.wrong(i))
            assert not wrong, f"{len(wrong)} wrong answers: {wrong[:5]}"
        return self.operations
