"""A machine of its own for each node of a Grid: network namespaces on one bridge, links that are cut and heal.

isolate() puts this process (and so its clients) into a network namespace of its own, and a node's namespace has no name: only this
process holds it. So two runs never meet, and nothing is left behind, however this process ends."""
import ctypes
import os
import shutil
import signal
import subprocess
import threading

CLONE_NEWNET = 0x40000000
NETWORK = "10.77.0."
CLIENTS = f"{NETWORK}250"
CLIENT_PORT, CLUSTER_PORT = 11222, 7800


def isolate():
    """Why it cannot be done; None = it is done. Before any thread is started."""
    missing = [tool for tool in ("ip", "nft", "nsenter", "setpriv") if not shutil.which(tool)]
    if missing:
        return f"{', '.join(missing)} missing"
    try:
        new_namespace()
        run("ip link set lo up", "ip link add bridge type bridge", f"ip addr add {CLIENTS}/24 dev bridge", "ip link set bridge up",
            "nft add table bridge cuts")
    except (OSError, subprocess.CalledProcessError) as why:
        return f"network namespaces are not to be had here: {why}"
    # A background job of a shell ignores Ctrl-C; and whoever ends this process is to end its servers.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return None


def new_namespace():
    """Of the calling thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")


def run(*commands):
    for command in commands:
        subprocess.run(command.split() if isinstance(command, str) else command, check=True, stdout=subprocess.DEVNULL)


class Machines:
    """Made once, used by one Grid after another; heal() between them."""

    def __init__(self, count):
        self.addresses = [f"{NETWORK}{i + 1}" for i in range(count)]
        self.ports, self.cluster_ports = [CLIENT_PORT] * count, [CLUSTER_PORT] * count
        self.namespaces = [self.namespace() for _ in range(count)]
        for i, address in enumerate(self.addresses):
            run(f"ip link add m{i} type veth peer name inside{i}", f"ip link set m{i} master bridge", f"ip link set m{i} up",
                f"ip link set inside{i} netns {self.path(i)}")
            for inside in ("ip link set lo up", f"ip link set inside{i} up", f"ip addr add {address}/24 dev inside{i}", f"ip route add default dev inside{i}"):
                run([*self.enter(i), *inside.split()])

    @staticmethod
    def namespace():
        """A new one, held by a file descriptor."""
        held = []

        def make():
            new_namespace()
            held.append(os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY))
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return held[0]

    def path(self, i):
        return f"/proc/{os.getpid()}/fd/{self.namespaces[i]}"

    def enter(self, i):
        return ["nsenter", f"--net={self.path(i)}"]

    def command(self, i):
        return [*self.enter(i), "setpriv", "--pdeathsig", "KILL"]

    def unplug(self, i):
        """Nobody reaches the machine, clients neither."""
        run(f"ip link set m{i} down")

    def plug(self, i):
        run(f"ip link set m{i} up")

    def cut(self, i, j, both=True):
        """What i sends to j is lost, and the other way round; clients reach both."""
        run("nft add chain bridge cuts forward { type filter hook forward priority 0 ; }")
        for a, b in ((i, j), (j, i)) if both else ((i, j),):
            run(f"nft add rule bridge cuts forward iifname m{a} oifname m{b} drop")

    def heal(self):
        run("nft delete table bridge cuts", "nft add table bridge cuts")
        for i in range(len(self.addresses)):
            self.plug(i)
