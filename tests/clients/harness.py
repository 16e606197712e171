"""What the suites of real clients share: a server with a root folder of its own, exceptions with their reasons, and the
results lines. A suite is `python3 suite_x [--peer] [PATTERN]`; --peer runs the same cases against the original server
(fetched from Maven Central), which is how the suites themselves are checked."""
import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(ROOT, "build", "clients")  # what is fetched; never committed
USERS, GROUPS = "admin=pass\nreader=secret\n", "admin=admin\nreader=observer\n"
START_SECONDS, STOP_SECONDS = 60, 15

arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
PEER = "--peer" in sys.argv
PATTERN = re.compile(arguments[0]) if arguments else re.compile("")


def leave(text, *counts):
    """Says why and ends with the counts (passed, failed, skipped)."""
    print(text)
    finish(*counts)


def finish(passed, failed, skipped):
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    sys.exit(1 if failed else 0)


def fetch(command, folder, what):
    """Runs a package tool. A registry out of reach is told apart from a package that does not install."""
    os.makedirs(folder, exist_ok=True)
    if shutil.which(command[0]) is None:
        leave(f"SKIPPED: '{command[0]}' is not installed, so {what} cannot be fetched: scripts/install-dependencies client", 0, 0, 1)
    done = subprocess.run(command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    if done.returncode == 0:
        return
    away = re.search(r"ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENETUNREACH|Unknown host|Connection refused|timed out|Network is unreachable", done.stdout)
    text = f"{what} could not be fetched with '{' '.join(command[:3])}'"
    if away:
        leave(f"SKIPPED: {text}: the registry cannot be reached ({away.group(0)}).", 0, 0, 1)
    leave(f"{text}:\n{done.stdout[-3000:]}", 0, 1, 0)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, seconds=120):
    """The specs of the JavaScript client name their ports: somebody else's server there must end first."""
    end = time.time() + seconds
    while not port_is_free(port):
        if time.time() > end:
            leave(f"Port {port} of 127.0.0.1 is taken by another program, and the client's own specs need exactly this port: stop it.", 0, 1, 0)
        time.sleep(0.5)


def peer_home():
    sys.path.insert(0, os.path.join(ROOT, "bench"))
    import infinispan_peer
    return infinispan_peer.install(os.path.join(CACHE, "infinispan-server")), infinispan_peer.LOG4J


def peer_command(root):
    home, log4j = peer_home()
    with open(os.path.join(root, "conf", "log4j2.xml"), "w") as out:
        out.write(log4j.replace("<Root", '<Logger name="org.infinispan.SERVER" level="INFO"/><Root'))
    return ["java", "--add-modules", "jdk.incubator.vector", "-Djava.net.preferIPv4Stack=true", "-Xmx512m",
            "-Djava.util.logging.manager=org.infinispan.server.loader.LogManager", f"-Dinfinispan.server.home.path={home}",
            "-cp", f"{home}/lib/*", "org.infinispan.server.Bootstrap"]


def own_command():
    script = os.path.join(ROOT, "bin", "server.sh")
    binary = os.environ.get("HOLDFAST_BINARY") or os.path.join(ROOT, "build", "release", "holdfast")
    if not os.access(script, os.X_OK) or not os.access(binary, os.X_OK):
        leave(f"The server is not built: {binary} (or bin/server.sh) is missing.", 0, 1, 0)
    return [script]


class Server:
    """A server in a new root folder, ready when it is constructed; it ends with the suite at the latest."""

    def __init__(self, configuration, port, *arguments, wait=True):
        """`configuration` is the text of the file, whose realm reads users.properties and groups.properties."""
        self.root = tempfile.mkdtemp(prefix="holdfast-clients-")
        atexit.register(self.discard)
        for folder in ("conf", "data", "log", "lib"):
            os.makedirs(os.path.join(self.root, folder))
        for name, text in (("server.xml", configuration), ("users.properties", USERS), ("groups.properties", GROUPS)):
            with open(os.path.join(self.root, "conf", name), "w") as out:
                out.write(text)
        command = peer_command(self.root) if PEER else own_command()
        self.output, self.errors = (open(os.path.join(self.root, name), "w+") for name in ("stdout", "stderr"))
        self.process = subprocess.Popen(command + ["-s", self.root, "-c", "server.xml", "-p", str(port), *arguments], stdout=self.output,
                                        stderr=self.errors, cwd=self.root, start_new_session=True)
        if wait:
            self.wait_until_ready()

    def said(self, name="stdout"):
        with open(os.path.join(self.root, name)) as text:
            return text.read()

    def wait_until_ready(self):
        end = time.time() + START_SECONDS
        while "ISPN080001" not in self.said():
            if self.process.poll() is not None or time.time() > end:
                leave(f"The server did not become ready; its output:\n{self.said()[-3000:]}\n{self.said('stderr')[-3000:]}", 0, 1, 0)
            time.sleep(0.02)

    def stop(self):
        """Sentences about what was wrong with its life: death, words on standard error, a slow or unclean end."""
        wrong = []
        if self.process.poll() is not None:
            wrong.append(f"The server died with {self.process.returncode}:\n{self.said()[-2000:]}")
        else:
            os.kill(self.process.pid, signal.SIGTERM)
            try:
                code = self.process.wait(STOP_SECONDS)
                if code != 0 and not PEER:
                    wrong.append(f"The server ended with {code} after SIGTERM, not with 0.")
            except subprocess.TimeoutExpired:
                wrong.append(f"The server did not end within {STOP_SECONDS} s of SIGTERM.")
        if not PEER and self.said("stderr").strip():
            wrong.append(f"The server wrote to standard error: {self.said('stderr')[:1000]}")
        self.discard()
        return wrong

    def discard(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        shutil.rmtree(self.root, ignore_errors=True)


class Exceptions:
    """exceptions.txt: which cases must fail, with which words, and why that is right for now."""

    def __init__(self):
        self.rows = []
        with open(os.path.join(HERE, "exceptions.txt")) as lines:
            for line in lines:
                if line.strip() and not line.startswith("#"):
                    where, case, words, why = (part.strip() for part in line.split(" | ", 3))
                    self.rows.append((re.compile(where), re.compile(case), re.compile(words), why))

    def find(self, where, case):
        for row in self.rows:
            if row[0].fullmatch(where) and row[1].fullmatch(case):
                return row
        return None


class Results:
    """Counts over the whole suite; report() takes one spec file's (or one version's) cases."""

    def __init__(self):
        self.exceptions = Exceptions()
        self.passed = self.failed = self.skipped = 0

    def report(self, where, cases, seconds):
        """`cases`: list of (name, "" or the failure's text). One results line; what failed is explained below it."""
        passed, failures, excepted = 0, [], []
        for name, failure in cases:
            row = self.exceptions.find(("peer " if PEER else "") + where, name)
            if not failure and row:
                failures.append((name, f"passed, but exceptions.txt says that it must not ({row[3]}): take the line out."))
            elif not failure:
                passed += 1
            elif row and row[2].search(failure):
                excepted.append((name, row[3]))
            else:
                failures.append((name, failure + (f"\n(exceptions.txt expects another failure: {row[2].pattern})" if row else "")))
        note = f", {len(excepted)} exceptions" if excepted else ""
        print(f"  result: {where}: {passed} passed, {len(failures)} failed{note} ({seconds:.1f} s)", flush=True)
        for name, why in excepted:
            print(f"  exception: {where}: {name}: {why}")
        for name, failure in failures:
            print(f"  FAILED {where}: {name}\n    " + failure.strip()[:1500].replace("\n", "\n    "))
        self.passed, self.failed, self.skipped = self.passed + passed, self.failed + len(failures), self.skipped + len(excepted)

    def server_life(self, server, name):
        self.report(f"server/{name}", [("lives through the run, says nothing on standard error and ends in order", "\n".join(server.stop()))], 0)

    def finish(self):
        finish(self.passed, self.failed, self.skipped)
