"""Real servers for black-box tests: bin/server.sh on a free port with a root of its own."""
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "bin" / "server.sh"
BINARY = Path(os.environ.get("HOLDFAST_BINARY") or ROOT / "build" / "release" / "holdfast")
SANITIZED = os.environ.get("HOLDFAST_SANITIZED", "")  # "asan", "tsan": everything takes longer and more memory
SLOWER = 10 if SANITIZED else 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """with Server("-c", "x.xml", files={"conf/x.xml": "..."}) as server: ...   It has stopped when the block ends."""

    def __init__(self, *arguments, files=None, root=None, port=None, script=SCRIPT, wait=10, env=None, cwd=None, stdout=None, prefix=()):
        self.own_root = root is None
        self.root = Path(root or tempfile.mkdtemp(prefix="holdfast-server-"))
        for name, content in (files or {}).items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        self.port = port or free_port()
        command = [*prefix, str(script), "-s", str(self.root), "-p", str(self.port), *arguments]
        self.out_path = self.root / "test-stdout"
        self.err_path = self.root / "test-stderr"
        self.root.mkdir(parents=True, exist_ok=True)
        self.log_before = len(self.log())  # of earlier starts of the same root
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stdout if stdout is not None else out, stderr=err,
                                            env={**os.environ, **(env or {})}, cwd=cwd)
        if wait:
            self.wait_until_ready(wait * SLOWER)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        if self.own_root:
            shutil.rmtree(self.root, ignore_errors=True)

    def stdout(self):
        return self.out_path.read_text(errors="replace")

    def stderr(self):
        return self.err_path.read_text(errors="replace")

    def log(self):
        path = self.root / "log" / "server.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_until_ready(self, seconds):
        end = time.time() + seconds
        while time.time() < end:
            if "ISPN080001" in self.log()[self.log_before :]:
                return self
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}: {self.stderr()}{self.stdout()}")
            time.sleep(0.01)
        raise RuntimeError(f"the server was not ready within {seconds} s: {self.stdout()}{self.stderr()}")

    def wait_for_exit(self, seconds=20):
        return self.process.wait(seconds)

    def stop(self, how=signal.SIGTERM, seconds=20):
        """The exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        return self.process.returncode

    def rss_bytes(self):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024


class Suite:
    """Runs functions whose names start with test_ and prints the summary line that ./test reads."""

    class Skip(Exception):
        pass

    @staticmethod
    def needs_the_product(what):
        """Skips a test of `what` (a time, a size) under a sanitizer, which changes it."""
        if SANITIZED:
            raise Suite.Skip(f"{what} of a sanitizer's build says nothing")

    def run(self, module, arguments):
        import sys
        import traceback
        passed, failed, skipped = 0, 0, 0
        wanted = arguments[0] if arguments else ""
        for name, function in list(vars(module).items()):
            if not name.startswith("test_") or wanted not in name:
                continue
            try:
                function()
                passed += 1
                print(f"ok   {name[5:].replace('_', ' ')}", flush=True)
            except Suite.Skip as why:
                skipped += 1
                print(f"SKIPPED {name[5:].replace('_', ' ')}: {why}", flush=True)
            except Exception:  # a test may fail in any way
                failed += 1
                print(f"FAIL {name[5:].replace('_', ' ')}\n{traceback.format_exc()}", flush=True)
        print(f"{passed} passed, {failed} failed, {skipped} skipped")
        sys.exit(1 if failed else 0)
