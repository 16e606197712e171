"""Builds and runs the default test suite: every suite in SUITES, in order, with progress.

A suite is a command whose output ends in a line "N passed, N failed[, N skipped]", or a GoogleTest program.
With --preset asan or tsan the programs and the servers are those of that preset, and every report of a sanitizer is a failure.
Usage: run_tests.py [PATTERN] [--list] [--preset release|asan|tsan]
"""
import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PARSER = argparse.ArgumentParser(prog="./test", description="Installs what is missing, builds, and runs the default test suite.")
PARSER.add_argument("pattern", nargs="?", default="", help="a regular expression: only suites whose name it finds")
PARSER.add_argument("--list", action="store_true", help="print the suites' names")
PARSER.add_argument("--preset", default="release", choices=["release", "asan", "tsan"], help="the build that is tested")
OPTIONS = PARSER.parse_args()
BUILD = os.path.join(ROOT, "build", OPTIONS.preset)
SANITIZED = OPTIONS.preset != "release"
REPORTS = os.path.join(BUILD, "reports")
SUITE_SECONDS = 7200 if SANITIZED else 1200
BUILD_THEMSELVES = {"tidy", "install", "fuzz", "simulate"}  # they test the sources, or builds of their own
SUMMARY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)


def run(command, **options):
    return subprocess.run(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)


def build():
    started = time.time()
    print("Building (the first time takes some minutes) ...", flush=True)
    for command in (["cmake", "--preset", OPTIONS.preset], ["cmake", "--build", os.path.join("build", OPTIONS.preset)]):
        done = run(command)
        if done.returncode != 0:
            print(done.stdout[-6000:])
            sys.exit(f"The build failed; the lines above are the compiler's. Command: {' '.join(command)}")
    print(f"Built in {time.time() - started:.0f} s", flush=True)


def unit_suites():
    """Every GoogleTest program that the build made."""
    listed = run(["ctest", "--test-dir", BUILD, "--show-only=json-v1"])
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


def environment():
    """What tells the suites which build is tested (tests/lib/servers.py), and the sanitizers where to report."""
    if not SANITIZED:
        return None
    common = f"log_path={REPORTS}/report:print_stacktrace=1"
    suppressions = os.path.join(ROOT, "tests", "lib", "tsan-suppressions.txt")
    return {**os.environ, "HOLDFAST_BINARY": os.path.join(BUILD, "holdfast"), "HOLDFAST_SANITIZED": OPTIONS.preset,
            "ASAN_OPTIONS": common, "UBSAN_OPTIONS": common, "TSAN_OPTIONS": f"{common}:suppressions={suppressions}:atexit_sleep_ms=0"}


def reports():
    """The sanitizers' reports since the last call. A note that nothing is wrong (ASan about a fiber's stack) is none."""
    texts = []
    for path in glob.glob(os.path.join(REPORTS, "*")):
        with open(path, errors="replace") as text:
            texts.append(text.read())
        os.remove(path)
    return [text for text in texts if re.search(r"ERROR: |runtime error: |WARNING: ThreadSanitizer", text)]


def run_suite(name, command):
    started = time.time()
    try:
        done = run(command, timeout=SUITE_SECONDS, env=environment())
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as late:
        output, code = (late.stdout or b"").decode(errors="replace") + f"\nThe suite did not end within {SUITE_SECONDS} s.", 1
    passed, failed, skipped = counts(output, code)
    if code and not failed:
        failed = 1
    reported = reports()
    failed += len(reported)
    print(f"{'ok  ' if not failed else 'FAIL'} {name}: {passed} passed, {failed} failed, {skipped} skipped ({time.time() - started:.1f} s)", flush=True)
    if failed:
        print(output[-8000:], flush=True)
        for report in reported[:5]:
            print(f"A sanitizer's report:\n{report[:6000]}", flush=True)
    else:
        for line in output.splitlines():
            if line.startswith(("SKIPPED", "  result:", "  exception:")):
                print("     " + line)
    return passed, failed, skipped


def main():
    build()
    suites = [s for s in unit_suites() + script_suites() if re.search(OPTIONS.pattern, s[0])]
    if SANITIZED:
        suites = [s for s in suites if s[0] not in BUILD_THEMSELVES]
        shutil.rmtree(REPORTS, ignore_errors=True)
        os.makedirs(REPORTS)
    if OPTIONS.list:
        print("\n".join(name for name, _ in suites))
        return
    if not suites:
        sys.exit(f"No suite matches '{OPTIONS.pattern}'. ./test --list shows them.")
    total = [0, 0, 0]
    for name, command in suites:
        total = [a + b for a, b in zip(total, run_suite(name, command))]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] else 0)


main()
