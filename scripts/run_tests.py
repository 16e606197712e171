"""Builds and runs the default test suite: every suite in SUITES, in order, with progress.

A suite is a command whose output ends in a line "N passed, N failed[, N skipped]", or a GoogleTest program.
Usage: run_tests.py [PATTERN] [--list]
"""
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build", "release")
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def build():
    started = time.time()
    print("Building (the first time takes some minutes) ...", flush=True)
    for command in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release"]):
        done = run(command)
        if done.returncode != 0:
            print(done.stdout[-6000:])
            sys.exit(f"The build failed; the lines above are the compiler's. Command: {' '.join(command)}")
    print(f"Built in {time.time() - started:.0f} s", flush=True)


def unit_suites():
    """Every GoogleTest program that the build made."""
    listed = run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"])
    import json
    tests = json.loads(listed.stdout)["tests"]
    return [(t["name"], t["command"]) for t in tests if "command" in t]


def script_suites():
    """Programs tests/*/suite*: each prints its own summary line."""
    suites = []
    for folder in sorted(os.listdir(os.path.join(ROOT, "tests"))) if os.path.isdir(os.path.join(ROOT, "tests")) else []:
        path = os.path.join(ROOT, "tests", folder)
        if not os.path.isdir(path):
            continue
        for name in sorted(os.listdir(path)):
            if name.startswith("suite") and os.access(os.path.join(path, name), os.X_OK):
                suites.append((f"{folder}{name[len('suite'):].replace('_', '/')}", [os.path.join(path, name)]))
    return suites


def counts(output, returncode):
    """(passed, failed, skipped) as the suite says; a suite that says nothing and fails counts as one failure."""
    gtest = re.search(r"^\[==========\] (\d+) tests? from .* ran", output, re.M)
    if gtest:
        passed = re.search(r"^\[  PASSED  \] (\d+) test", output, re.M)
        skipped = re.search(r"^\[  SKIPPED \] (\d+) test", output, re.M)
        passed_n = int(passed.group(1)) if passed else 0
        skipped_n = int(skipped.group(1)) if skipped else 0
        return passed_n, int(gtest.group(1)) - passed_n - skipped_n, skipped_n
    summary = SUMMARY.findall(output)
    if summary:
        passed, failed, skipped = summary[-1]
        return int(passed), max(int(failed), 1 if returncode else 0), int(skipped or 0)
    return (0, 1, 0) if returncode else (1, 0, 0)


def run_suite(name, command):
    started = time.time()
    try:
        done = run(command, timeout=1200)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode(errors="replace") + "\nThe suite did not end within 1200 s.", 1
    passed, failed, skipped = counts(output, code)
    if code and not failed:
        failed = 1
    print(f"{'ok  ' if not failed else 'FAIL'} {name}: {passed} passed, {failed} failed, {skipped} skipped ({time.time() - started:.1f} s)", flush=True)
    if failed:
        print(output[-8000:], flush=True)
    else:
        for line in output.splitlines():
            if line.startswith(("SKIPPED", "  result:", "  exception:")):
                print("     " + line)
    return passed, failed, skipped


def main():
    arguments = [a for a in sys.argv[1:] if a != "--list"]
    pattern = re.compile(arguments[0]) if arguments else re.compile("")
    build()
    suites = [s for s in unit_suites() + script_suites() if pattern.search(s[0])]
    if "--list" in sys.argv:
        print("\n".join(name for name, _ in suites))
        return
    if not suites:
        sys.exit(f"No suite matches '{arguments[0] if arguments else ''}'. ./test --list shows them.")
    total = [0, 0, 0]
    for name, command in suites:
        total = [a + b for a, b in zip(total, run_suite(name, command))]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] else 0)


main()
