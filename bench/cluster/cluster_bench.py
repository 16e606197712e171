"""Clusters side by side: three of our servers, three of Infinispan's, and Redis with a replica and WAIT, all on this machine's
cores together with the generator (`holdfast bench`; for Redis redis_wait, which draws and counts alike).

A figure is the median over the rounds, a ratio the median of the rounds' ratios. CPU is what all servers of a contender used
per operation.
"""
import glob
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

import infinispan_peer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench")
NODES, KEYS, VALUE_BYTES = 3, 100_000, 100
CACHES = """<distributed-cache name="dist" owners="2"><encoding media-type="application/octet-stream"/></distributed-cache>
    <replicated-cache name="repl"><encoding media-type="application/octet-stream"/></replicated-cache>"""
OURS = """<infinispan>
  <jgroups><stack name="loopback" extends="tcp"><TCPPING initial_hosts="{hosts}" port_range="0"/></stack></jgroups>
  <cache-container default-cache="dist"><transport cluster="bench" stack="loopback" node-name="{name}"/>{caches}</cache-container>
  <server><interfaces><interface name="public"><inet-address value="127.0.0.1"/></interface></interfaces>
    <socket-bindings default-interface="public"><socket-binding name="default" port="{port}"/></socket-bindings>
    <endpoints socket-binding="default"/></server></infinispan>"""


def free_ports(count):
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Contender:
    def __init__(self, name, folder):
        self.name, self.folder, self.processes = name, folder, []

    def start(self, command, **options):
        log = open(os.path.join(self.folder, f"log{len(self.processes)}"), "w")
        self.processes.append(subprocess.Popen(command, stdout=log, stderr=log, **options))

    def stop(self):
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()

    def cpu_us(self):
        total = 0
        for process in self.processes:
            for task in glob.glob(f"/proc/{process.pid}/task/*/schedstat"):
                try:
                    total += int(open(task).read().split()[0])
                except OSError:  # the thread has ended
                    pass
        return total / 1e3

    def measure(self, connections, seconds):
        before = self.cpu_us()
        figures = self.load(connections, seconds)
        figures["cpu_us"] = (self.cpu_us() - before) / figures["operations"]
        return figures


def figures_of(command):
    done = subprocess.run(command, text=True, capture_output=True)
    words = done.stdout.split()
    if done.returncode != 0 or not words:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return {words[i]: float(words[i + 1]) for i in range(0, len(words), 2)}


class Grid(Contender):
    """Three servers that speak Hot Rod."""

    def __init__(self, name, folder, cache, operation, any_node, home=None):
        super().__init__(name, folder)
        self.cache, self.operation, self.any_node = cache, operation, any_node
        ports = free_ports(2 * NODES)
        self.ports, transports = ports[:NODES], ports[NODES:]
        hosts = ",".join(f"127.0.0.1[{p}]" for p in transports)
        for i in range(NODES):
            root = os.path.join(folder, f"n{i}")
            if home:
                self.start(infinispan_peer.cluster_command(home, root, self.ports[i], transports[i], hosts, f"n{i}", CACHES))
                self.wait_for_nodes(i + 1, 120)  # one after another: together they form two clusters
            else:
                os.makedirs(os.path.join(root, "conf"))
                with open(os.path.join(root, "conf", "bench.xml"), "w") as out:
                    out.write(OURS.format(hosts=hosts, name=f"n{i}", caches=CACHES, port=self.ports[i]))
                self.start([f"{BUILD}/holdfast", "server", "-s", root, "-c", "bench.xml", "-p", str(self.ports[i]), f"-Djgroups.bind.port={transports[i]}",
                            "-Djgroups.bind.address=127.0.0.1"])
        self.wait_for_nodes(NODES, 60)

    def wait_for_nodes(self, count, seconds):
        """Until the generator is served, and a topology has so many members."""
        end = time.time() + seconds
        while True:
            try:
                if self.members() == count:
                    return
            except (OSError, ValueError, EOFError):
                pass
            if time.time() > end:
                raise RuntimeError(f"{self.name}: no cluster of {count} within {seconds} s; see {self.folder}")
            time.sleep(0.2)

    def members(self):
        import hotrod
        with hotrod.HotRod(self.ports[0], cache=self.cache, media=hotrod.NO_TYPE, timeout=5) as client:
            try:
                client.ping()
            except hotrod.HotRodError as error:
                raise OSError(str(error)) from error
            return len(client.topology.servers) if client.topology else 0

    def command(self, *more):
        uri = "hotrod://" + ",".join(f"127.0.0.1:{p}" for p in self.ports)
        return [f"{BUILD}/holdfast", "bench", "--server", uri, "--cache", self.cache, "--keys", str(KEYS), "--value-size", str(VALUE_BYTES),
                *(["--any"] if self.any_node else []), *more]

    def fill(self):
        figures_of(self.command("--operation", "get", "--seconds", "0.1", "--verify"))

    def load(self, connections, seconds):
        figures = figures_of(self.command("--operation", self.operation, "--connections", str(connections), "--seconds", str(seconds), "--no-fill",
                                          *(["--verify"] if self.operation == "get" else [])))
        return figures


class Redis(Contender):
    def __init__(self, folder):
        super().__init__("redis+wait", folder)
        self.port, replica = free_ports(2)
        common = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", "--dir", folder]
        self.start(["redis-server", "--port", str(self.port), *common])
        self.start(["redis-server", "--port", str(replica), "--replicaof", "127.0.0.1", str(self.port), *common])
        end = time.time() + 20
        while self.replicas() != 1:
            if time.time() > end:
                raise RuntimeError("Redis has no replica after 20 s")
            time.sleep(0.1)

    def replicas(self):
        done = subprocess.run(["redis-cli", "-p", str(self.port), "info", "replication"], text=True, capture_output=True)
        return done.stdout.count("state=online")

    def fill(self):
        pass

    def load(self, connections, seconds):
        return figures_of([f"{BUILD}/bench/cluster/redis_wait", str(self.port), str(connections), str(KEYS), str(VALUE_BYTES), str(seconds), "1"])


def contenders(folder, cache, operation, any_node, with_redis):
    def place(name):
        path = os.path.join(folder, name)
        os.makedirs(path)
        return path
    yield Grid("holdfast", place("holdfast"), cache, operation, any_node)
    if with_redis:
        yield Redis(place("redis"))
    home = infinispan_peer.install(os.path.join(ROOT, "build", "peers", "infinispan"))
    if home is None:
        print("SKIPPED infinispan: Maven could not bring the server")
    else:
        yield Grid("infinispan", place("infinispan"), cache, operation, any_node, home)


def run(cache, operation, any_node, goals, rounds=5, seconds=2.0):
    """goals: {connections: [(figure, peer, the ratio that is allowed, or None, the least, or None)]}"""
    folder = tempfile.mkdtemp(prefix="holdfast-bench-")
    running = []
    try:
        wants_redis = any(peer == "redis+wait" for wanted in goals.values() for _, peer, _, _ in wanted)
        for contender in contenders(folder, cache, operation, any_node, wants_redis):
            running.append(contender)
            contender.fill()
            if contender.name == "infinispan":
                contender.load(50, 30)  # the JIT wants warming
        return measure(f"{'repl' if cache == 'repl' else 'dist'}-{operation}", running, goals, rounds, seconds)
    finally:
        for contender in running:
            contender.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(name, running, goals, rounds, seconds):
    taken = {connections: [] for connections in goals}
    for number in range(rounds):
        for connections in goals:
            figures = {c.name: c.measure(connections, seconds) for c in running}
            taken[connections].append(figures)
            print(f"round {number + 1}, {connections} client{'s' if connections > 1 else ''}: " + ", ".join(
                f"{c}: p50 {f['p50_us']:.0f} us, {f['per_second']:.0f}/s, {f['cpu_us']:.1f} us CPU" for c, f in figures.items()), flush=True)
    verdict, parts = True, []
    for connections, wanted in goals.items():
        for figure, peer, most, least in wanted:
            if peer not in taken[connections][0]:
                continue
            ours = statistics.median(f["holdfast"][figure] for f in taken[connections])
            theirs = statistics.median(f[peer][figure] for f in taken[connections])
            ratio = statistics.median(f["holdfast"][figure] / f[peer][figure] for f in taken[connections])
            good = (most is None or ratio <= most) and (least is None or ratio >= least)
            verdict &= good
            goal = f"<= {most}x" if most is not None else f">= {least}x"
            print(f"{figure} with {connections} client{'s' if connections > 1 else ''}: ours {ours:.1f}, {peer} {theirs:.1f}, ratio {ratio:.2f}, goal {goal}: {'ok' if good else 'short'}")
            parts.append(f"{figure} at {connections} {ratio:.2f}x {peer} (goal {goal})")
    print(f"{name}: {'; '.join(parts)}; {'ok' if verdict else 'short'}")
    return 0 if verdict else 1
