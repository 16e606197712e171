"""The embedded benchmarks: throughput beside Caffeine and a plain map, hit ratio over traces, memory of a process.

Throughput is given twice: per second, and per second of the process's processor time, which holds on a busy machine. Both must
reach the goal.
"""
import array
import gzip
import lzma
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build", "bench", "bench", "embedded")
CAFFEINE = "/usr/share/java/caffeine.jar"
ENTRIES = 1_000_000
ROUNDS, SECONDS, WARMUP_SECONDS = 7, 2.0, 5.0
BYTES_PER_ENTRY_MAX = 145
GAP_MAX, LOSS_MAX = 6.0, 2.0

# file of the public collection -> sizes of the cache
SIZES = {
    "lirs-gli": [500, 1000, 2000], "lirs-loop": [256, 512, 750], "lirs-2_pools": [450, 1000, 2000], "lirs-multi1": [500, 1000, 1500],
    "lirs-cs": [300, 700, 1000], "lirs-cpp": [50, 100, 300], "lirs-ps": [500, 1000, 2000], "lirs-sprite": [200, 600, 1000],
    "lirs-zigzag": [500, 1000], "cache2k-web07": [500, 1000, 2000], "cache2k-orm-busy": [500, 1250, 5000],
    "corda-vaultservice": [512, 4096, 16384], "cloud_physics-w106": [4096, 16384, 65536],
}


def java_command(name, *options):
    subprocess.run(["javac", "-cp", CAFFEINE, "-d", BUILD, os.path.join(HERE, name + ".java")], check=True)
    return ["java", *options, "-cp", f"{CAFFEINE}:{BUILD}", name]


class Contender:
    """A process that measures one round whenever it is sent a line."""

    def __init__(self, name, command, cores):
        self.name, self.rounds = name, []
        self.process = subprocess.Popen(["taskset", "-c", cores, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def measure(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        words = self.process.stdout.readline().split()
        if not words:
            sys.exit(f"{self.name} ended before its rounds were over")
        self.rounds.append({words[i]: float(words[i + 1]) for i in range(0, len(words), 2)})

    def median(self, figure):
        return statistics.median(r[figure] for r in self.rounds)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)


def throughput(work, threads, goals, allocations_max=None):
    cores = "0,1" if threads > 1 else "0"
    common = [work, str(threads), str(ENTRIES), str(WARMUP_SECONDS), str(ROUNDS), str(SECONDS)]
    ours = Contender("holdfast", [os.path.join(BUILD, "embedded"), "holdfast", *common], cores)
    peers = [Contender("caffeine", [*java_command("CaffeinePeer", "-Xms2g", "-Xmx2g"), *common], cores)]
    if "map" in goals:
        peers.append(Contender("map", [os.path.join(BUILD, "embedded"), "map", *common], cores))
    for _ in range(ROUNDS):
        for contender in [ours, *peers]:
            contender.measure()
    good = True
    for contender in [ours, *peers]:
        contender.close()
        print(f"{contender.name:10} {contender.median('per_second') / 1e6:7.2f} M/s  {contender.median('per_cpu_second') / 1e6:7.2f} M per processor second")
    for peer in peers:
        for figure in ("per_second", "per_cpu_second"):
            ratios = [a[figure] / b[figure] for a, b in zip(ours.rounds, peer.rounds)]
            ratio = statistics.median(ratios)
            print(f"ratio to {peer.name} ({figure}): {ratio:.2f} (worst round {min(ratios):.2f}), goal >= {goals[peer.name]}")
            good = good and ratio >= goals[peer.name]
    if allocations_max is not None:
        allocations = ours.median("allocations")
        print(f"allocations per operation: {allocations:.4f}, goal <= {allocations_max}")
        good = good and allocations <= allocations_max + 0.001
    print("ok" if good else "short")
    return 0 if good else 1


def memory():
    figures = {}
    for name in ("holdfast", "map"):
        done = subprocess.run([os.path.join(BUILD, "embedded"), name, "memory", "1", str(ENTRIES), "0", "0", "0"], capture_output=True, text=True, check=True)
        figures[name] = float(done.stdout.split()[1])
    print(f"bytes per entry of 16 + 100 bytes, whole process, {ENTRIES} entries: holdfast {figures['holdfast']:.1f} (bounded, with lifespan), "
          f"map {figures['map']:.1f} (neither), ratio {figures['holdfast'] / figures['map']:.2f}, goal <= {BYTES_PER_ENTRY_MAX}")
    good = figures["holdfast"] <= BYTES_PER_ENTRY_MAX
    print("ok" if good else "short")
    return 0 if good else 1


def read_trace(path):
    """The keys of a trace as unsigned 64-bit integers; the format follows from the name, as the README of the traces says."""
    opener = gzip.open if path.endswith(".gz") else lzma.open if path.endswith(".xz") else open
    with opener(path, "rb") as file:
        raw = file.read()
    name = os.path.basename(path)
    if name.startswith("corda"):
        keys = array.array("Q", raw[:len(raw) // 8 * 8])
        keys.byteswap()
        return keys
    if name.startswith(("cache2k", "cloud_physics")):
        return array.array("Q", array.array("I", raw[:len(raw) // 4 * 4]))
    return array.array("Q", (int(line) for line in raw.split() if line != b"*"))


def sizes_for(path, keys):
    known = SIZES.get(os.path.basename(path).split(".")[0])
    return known or [max(1, len(set(keys)) * percent // 100) for percent in (2, 10, 30)]


def run_over(command, keys, sizes):
    done = subprocess.run([*command, *map(str, sizes)], input=keys.tobytes(), capture_output=True, check=True)
    return {int(row[0]): [float(x) for x in row[1:]] for row in (line.split() for line in done.stdout.decode().splitlines())}


def hit_ratio(paths):
    if not paths:
        folder = os.path.join(os.path.dirname(ROOT), "shared", "traces")
        if not os.path.isdir(folder):
            print(f"There are no traces in {folder}; give trace files as arguments.")
            print("short")
            return 1
        paths = sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith((".gz", ".xz")))
    caffeine = java_command("CaffeineHits")
    rows = []
    print(f"{'trace':24} {'size':>6} {'OPT':>6} {'LRU':>6} {'Caff.':>6} {'ours':>6} {'gap':>6}")
    for path in paths:
        keys = read_trace(path)
        sizes = sizes_for(path, keys)
        theirs = run_over(caffeine, keys, sizes)
        for size, (opt, lru, ours) in run_over([os.path.join(BUILD, "hit_ratio")], keys, sizes).items():
            rows.append((opt, lru, theirs[size][0], ours))
            print(f"{os.path.basename(path).split('.')[0]:24} {size:6} {opt:6.2f} {lru:6.2f} {theirs[size][0]:6.2f} {ours:6.2f} {opt - ours:6.2f}", flush=True)
    gap = statistics.mean(opt - ours for opt, _, _, ours in rows)
    their_gap = statistics.mean(opt - caffeine_hits for opt, _, caffeine_hits, _ in rows)
    loss = max(lru - ours for _, lru, _, ours in rows)
    their_loss = max(lru - caffeine_hits for _, lru, caffeine_hits, _ in rows)
    print(f"mean gap to OPT: {gap:.2f} points, Caffeine {their_gap:.2f}, ratio {gap / their_gap:.2f}, goal <= {GAP_MAX}")
    print(f"worst loss to LRU: {loss:.2f} points, Caffeine {their_loss:.2f}, goal <= {LOSS_MAX}")
    good = gap <= GAP_MAX and loss <= LOSS_MAX
    print("ok" if good else "short")
    return 0 if good else 1
