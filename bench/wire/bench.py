"""Side-by-side wire benchmarks: ours, Redis and Infinispan under the same load, with the echo floor in each round.

The server runs on core 0, the generator on core 1. A figure is own cost: server CPU microseconds per operation less the
echo floor of the same round; the ratio is the median over the rounds.
"""
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import infinispan_peer  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build", "bench")
CONNECTIONS, VALUE_BYTES = 50, 100


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def resident_bytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) * 1024


def wait_for_port(port, process, seconds):
    end = time.time() + seconds
    while time.time() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} before it listened")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args[0]} does not listen on port {port} after {seconds} s")


class Server:
    def __init__(self, name, protocol, command, port, wait=10):
        self.name, self.protocol, self.port = name, protocol, port
        self.process = subprocess.Popen(["taskset", "-c", "0"] + command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(port, self.process, wait)

    def load(self, work, depth, keys, seconds):
        done = subprocess.run(["taskset", "-c", "1", f"{BUILD}/bench/wire/wire_load", self.protocol, str(self.port), str(self.process.pid),
                               work, str(CONNECTIONS), str(depth), str(keys), str(VALUE_BYTES), str(seconds)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"load on {self.name}: {done.stderr}")
        words = done.stdout.split()
        return {words[i]: float(words[i + 1]) for i in range(0, len(words), 2)}

    def wait_until_it_serves(self, seconds):
        """Infinispan opens its port before its caches run."""
        end = time.time() + seconds
        while True:
            try:
                self.load("fill", 1, 1, 0)
                return
            except RuntimeError:
                if time.time() > end:
                    raise
                time.sleep(0.5)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_ours(folder):
    port = free_port()
    conf = os.path.join(folder, "conf")
    os.makedirs(conf, exist_ok=True)
    return Server("holdfast", "hotrod", [f"{ROOT}/build/bench/holdfast", "server", "-s", folder, "-p", str(port)], port)


def start_redis(folder):
    port = free_port()
    return Server("redis", "resp", ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder], port)


def start_infinispan(folder):
    home = infinispan_peer.install(os.path.join(ROOT, "build", "peers", "infinispan"))
    if home is None:
        return None
    port = free_port()
    server = Server("infinispan", "hotrod", infinispan_peer.command(home, folder, port), port, wait=120)
    server.wait_until_it_serves(60)
    return server


def start_echo():
    port = free_port()
    return Server("echo", "echo", [f"{BUILD}/bench/wire/wire_echo", str(port)], port)


def run(work, depth, goals, rounds=7, seconds=2.0, keys=1_000_000):
    """goals: {"redis": 0.33, "infinispan": 0.2}. Prints each round and the verdict; returns the exit code."""
    folder = tempfile.mkdtemp(prefix="holdfast-bench-")
    servers = []
    try:
        for start in (start_echo, lambda: start_ours(f"{folder}/ours"), lambda: start_redis(folder)):
            servers.append(start())
        if "infinispan" in goals:
            peer = start_infinispan(f"{folder}/infinispan")
            if peer is None:
                print("SKIPPED infinispan: Maven could not bring the server")
                goals = {k: v for k, v in goals.items() if k != "infinispan"}
            else:
                servers.append(peer)
        return measure(servers, work, depth, goals, rounds, seconds, keys)
    finally:
        for server in servers:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def measure(servers, work, depth, goals, rounds, seconds, keys):
    for server in servers:
        if server.name != "echo":
            server.load("fill", 16, keys, 0)
        if server.name == "infinispan":
            server.load(work, depth, keys, 30)  # the JIT wants warming
    ratios = {peer: [] for peer in goals}
    floors, ours = [], []
    for number in range(rounds):
        cost = {s.name: s.load(work, depth, keys, seconds) for s in servers}
        floor = cost["echo"]["cpu_us"]
        own = {name: c["cpu_us"] - floor for name, c in cost.items()}
        for peer in ratios:
            ratios[peer].append(own["holdfast"] / own[peer] if own[peer] > 0 else 0.0)
        floors.append(floor)
        ours.append(own["holdfast"])
        print(f"round {number + 1}: floor {floor:.2f} us, " + ", ".join(
            f"{n} own {own[n]:.2f} us ({cost[n]['per_second']:.0f}/s, busy {cost[n]['busy']:.2f})" for n in own if n != "echo"), flush=True)
    floor, own = statistics.median(floors), statistics.median(ours)
    at_floor = own <= 0.05 * floor
    verdict = True
    parts = []
    for peer, goal in goals.items():
        ratio, worst = statistics.median(ratios[peer]), max(ratios[peer])
        good = ratio <= goal or at_floor
        verdict &= good
        parts.append(f"{ratio:.2f}x {peer} (worst {worst:.2f}, goal <= {goal}x)")
    print(f"{work} depth {depth}: own {own:.2f} us over a floor of {floor:.2f} us; " + "; ".join(parts) + f"; {'ok' if verdict else 'short'}")
    return 0 if verdict else 1
