"""Start to the first reply, and resident memory when idle: ours, memcached, Redis and Infinispan, one after the other in each
round. Ours twice: without a configuration, and with one in XML that names an endpoint and two caches.
"""
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

import bench
import infinispan_peer

START_MS, OF_MEMCACHED, IDLE_MB = 20.0, 1.5, 15.0
SETTLED_SECONDS = 1.0  # after the first reply; then a server is idle
CONFIGURATION = """<infinispan xmlns="urn:infinispan:config:15.0">
  <cache-container name="default" default-cache="default" statistics="true">
    <local-cache name="default" statistics="true"/>
    <local-cache name="sessions"><encoding media-type="application/x-protostream"/><memory max-count="100000" when-full="REMOVE"/></local-cache>
  </cache-container>
  <server xmlns="urn:infinispan:server:15.0">
    <interfaces><interface name="public"><inet-address value="127.0.0.1"/></interface></interfaces>
    <socket-bindings default-interface="public"><socket-binding name="default" port="${infinispan.bind.port:11222}"/></socket-bindings>
    <endpoints socket-binding="default"/>
  </server>
</infinispan>
"""
HOT_ROD_PING = b"\xa0\x01\x19\x17\x00\x00\x01\x00"


def first_reply(command, port, request, limit):
    """(milliseconds from the start of the process to its first reply, MB resident when it is idle)"""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while True:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=limit) as connection:
                    connection.sendall(request)
                    if connection.recv(1):
                        break
            except (ConnectionRefusedError, ConnectionResetError):
                pass
            if process.poll() is not None or time.perf_counter() - begun > limit:
                raise RuntimeError(f"{command[0]} gave no reply within {limit} s")
            time.sleep(0.0005)
        took = (time.perf_counter() - begun) * 1000
        time.sleep(SETTLED_SECONDS)
        return took, bench.resident_bytes(process.pid) / 2**20
    finally:
        process.terminate()
        process.wait(20)


def ours(folder, *arguments):
    port = bench.free_port()
    root = tempfile.mkdtemp(dir=folder)
    os.makedirs(f"{root}/conf")
    with open(f"{root}/conf/bench.xml", "w") as out:
        out.write(CONFIGURATION)
    return first_reply([f"{bench.BUILD}/holdfast", "server", "-s", root, "-p", str(port), *arguments], port, HOT_ROD_PING, 10)


def memcached(_):
    port = bench.free_port()
    return first_reply(["memcached", "-p", str(port), "-l", "127.0.0.1", "-u", "root", "-U", "0"], port, b"version\r\n", 10)


def redis(folder):
    port = bench.free_port()
    return first_reply(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder], port, b"PING\r\n", 10)


def infinispan(folder):
    home = infinispan_peer.install(os.path.join(bench.ROOT, "build", "peers", "infinispan"))
    if home is None:
        return None
    port = bench.free_port()
    return first_reply(infinispan_peer.command(home, tempfile.mkdtemp(dir=folder), port), port, HOT_ROD_PING, 120)


def run(rounds=11):
    contenders = {"holdfast": ours, "with a configuration": lambda folder: ours(folder, "-c", "bench.xml"), "memcached": memcached, "redis": redis}
    folder = tempfile.mkdtemp(prefix="holdfast-bench-")
    try:
        seen = {name: [] for name in contenders}
        for _ in range(rounds):
            for name, start in contenders.items():
                seen[name].append(start(folder))
        peer = infinispan(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    took = {name: statistics.median(ms for ms, _ in one) for name, one in seen.items()}
    size = {name: statistics.median(mb for _, mb in one) for name, one in seen.items()}
    for name in contenders:
        print(f"{name:22} first reply after {took[name]:6.1f} ms (worst {max(ms for ms, _ in seen[name]):.1f}), idle {size[name]:5.1f} MB")
    if peer is None:
        print("SKIPPED infinispan: Maven could not bring the server")
    else:
        print(f"{'infinispan':22} first reply after {peer[0]:6.1f} ms, idle {peer[1]:5.1f} MB")
    limit = max(START_MS, OF_MEMCACHED * took["memcached"])
    verdict = all(took[name] <= limit and size[name] <= IDLE_MB for name in ("holdfast", "with a configuration"))
    print(f"start: {took['holdfast']:.1f} and {took['with a configuration']:.1f} ms, {took['holdfast'] / took['memcached']:.2f}x and "
          f"{took['with a configuration'] / took['memcached']:.2f}x memcached (goal <= {START_MS:.0f} ms or {OF_MEMCACHED}x); "
          f"idle {size['holdfast']:.1f} and {size['with a configuration']:.1f} MB (goal <= {IDLE_MB:.0f} MB); {'ok' if verdict else 'short'}")
    return 0 if verdict else 1
