"""The house rules, checked: layers, headers at home, sizes, prose at the top of headers, headers that compile alone.

Usage: tidy.py [--root DIR] [--no-compile]    prints one line per violation; exit 1 when there is any.
"""
import argparse
import concurrent.futures
import os
import re
import subprocess
import sys
from pathlib import Path

LAYERS = {
    "base": 0,
    "runtime": 1, "config": 1, "model": 1,
    "ops": 2, "media": 2, "container": 2, "store": 2, "cluster": 2, "security": 2, "topology": 2, "xsite": 2,
    "engine": 3,
    "feature": 4, "server": 4, "client": 4, "local": 4,
    "endpoint": 5,
    "cli": 6, "console": 6,
    "main": 7,
}
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 600

# header pattern -> the only folders (below src/) that may include it
HEADERS_AT_HOME = [
    (r"boost/asio", ["runtime"]),
    (r"boost/context", ["runtime"]),
    (r"boost/beast", ["endpoint/rest"]),
    (r"nlohmann/", ["media", "server", "endpoint/rest", "endpoint/hotrod"]),
    (r"libxml/", ["config/formats"]),
    (r"libfyaml", ["config/formats"]),
    (r"openssl/", ["security"]),
    (r"ares(_\w+)?\.h", ["runtime/dns"]),
    (r"spdlog/", ["server"]),
    (r"CLI/|CLI11", ["main"]),
    (r"google/protobuf", ["server", "media"]),
    (r"mimalloc", ["main"]),
    (r"(thread|mutex|shared_mutex|condition_variable|future|semaphore|latch|barrier|stop_token)$", ["base", "runtime"]),
    (r"(fstream|filesystem|random|regex|coroutine)$", ["base", "runtime"]),
    (r"(sys/(socket|epoll|mman|stat|file|eventfd|random|resource)|netinet/.*|arpa/.*|netdb|unistd|fcntl|poll|signal|csignal|pthread|sched|dirent|ifaddrs)(\.h)?$",
     ["base", "runtime", "main"]),
]
# Slabs are made of pages: the container may map memory.
HEADER_EXCEPTIONS = {("container", "sys/mman.h")}

FORBIDDEN_WORDS = [
    (r"\bstd::(jthread|thread|mutex|future|async|promise|condition_variable|regex|random_device)\b", ["base", "runtime"]),
    (r"\bthread_local\b", ["base", "runtime", "container", "engine"]),
    (r"\b(co_await|co_return|co_yield)\b", []),
    (r"\b(system_clock|steady_clock|high_resolution_clock)\b", ["base", "runtime"]),
    (r"\b(sleep|usleep|nanosleep)\s*\(", ["base", "runtime"]),
    (r"\bstd::this_thread\b", ["base", "runtime"]),
]

# In sim/: what a seed does not determine, or not for every compiler.
NOT_DETERMINED = re.compile(r"\b(unordered_(map|set)|\w+_distribution|random_device|mt19937|system_clock|steady_clock|std::(thread|async|hash))\b")


def strip_code(text):
    """The text without comments and with empty literals; line structure is kept."""
    def blank(match):
        found = match.group(0)
        if found.startswith(("//", "/*")):
            return re.sub(r"[^\n]", " ", found)
        return '""' + "\n" * found.count("\n")
    pattern = r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    text = re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "", text)
    return re.sub(pattern, blank, text, flags=re.S)


class Tree:
    def __init__(self, root):
        self.root = Path(root)
        self.violations = []

    def report(self, path, line, rule, text):
        self.violations.append(f"{path.relative_to(self.root)}:{line}: {rule}: {text}")

    def sources(self, *folders):
        for folder in folders:
            base = self.root / folder
            if base.is_dir():
                yield from sorted(p for p in base.rglob("*") if p.suffix in (".h", ".cpp"))


def folder_of(path, root):
    """(top folder, full folder) below src/: ("endpoint", "endpoint/rest")."""
    parts = path.relative_to(root / "src").parts
    return parts[0], "/".join(parts[:-1])


def own_unit(full):
    """Folders of endpoint/ and store/ are siblings of each other; elsewhere the top folder is the unit."""
    parts = full.split("/")
    return "/".join(parts[:2]) if parts[0] in ("endpoint", "store") else parts[0]


def check_includes(tree):
    for path in tree.sources("src"):
        top, full = folder_of(path, tree.root)
        is_test = re.search(r"_(test|bench|fuzz)\.cpp$", path.name)
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+([<"])([^>"]+)[>"]', line)
            if not match:
                continue
            header = match.group(2)
            if match.group(1) == '"' and header.startswith("sim/"):
                if not is_test and not path.name.startswith("test_"):
                    tree.report(path, number, "layer", f'"{header}": only tests may include the simulator')
            elif match.group(1) == '"':
                check_layer(tree, path, number, (top, full), header)
            else:
                check_home(tree, path, number, full, header, is_test)


def check_layer(tree, path, number, where, header):
    top, full = where
    target = header.split("/")[0]
    if top not in LAYERS:
        tree.report(path, number, "layer", f"folder '{top}' has no layer; give it one in tests/tidy/tidy.py")
        return
    if target not in LAYERS:
        tree.report(path, number, "layer", f'"{header}" does not start with a folder of src/')
        return
    if own_unit(str(Path(header).parent)) == own_unit(full):
        return
    if LAYERS[target] >= LAYERS[top]:
        direction = "sideways" if LAYERS[target] == LAYERS[top] else "upward"
        tree.report(path, number, "layer", f'{direction} include of "{header}" from {full}')
    if top == "endpoint" and target == "engine":
        tree.report(path, number, "layer", f'endpoint/ never includes engine/ ("{header}"): go through server/')


def check_home(tree, path, number, full, header, is_test):
    if is_test:
        return
    for pattern, homes in HEADERS_AT_HOME:
        if re.match(pattern, header) and (full.split("/")[0], header) not in HEADER_EXCEPTIONS:
            if not any(full == home or full.startswith(home + "/") for home in homes):
                tree.report(path, number, "home", f"<{header}> belongs to {', '.join(homes)} only")
    third_party = re.match(r"(boost|libxml|libfyaml|openssl|spdlog|fmt|CLI|google|mimalloc|ares)[/.]", header)
    if third_party and path.suffix == ".h" and not path.name.endswith("_impl.h"):
        tree.report(path, number, "home", f"third-party <{header}> in a header; keep it in a .cpp")


def check_public_headers(tree):
    for path in tree.sources("include"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
            if match and "/" in match.group(1) and not match.group(1).startswith("holdfast/"):
                tree.report(path, number, "public", f"a public header includes {match.group(1)}; only std and holdfast/")
            elif match and match.group(1).endswith(".h") and not match.group(1).startswith("holdfast/"):
                tree.report(path, number, "public", f"a public header includes {match.group(1)}; only std and holdfast/")


def check_words(tree):
    for path in tree.sources("src"):
        if re.search(r"_(test|bench|fuzz)\.cpp$", path.name):
            continue
        top, _ = folder_of(path, tree.root)
        for number, line in enumerate(strip_code(path.read_text()).splitlines(), 1):
            for pattern, homes in FORBIDDEN_WORDS:
                found = re.search(pattern, line)
                if found and top not in homes:
                    tree.report(path, number, "word", f"'{found.group(0)}' belongs to {', '.join(homes) or 'nowhere'}; use runtime/")


def check_determinism(tree):
    """The simulator's runs follow from their seed alone."""
    for path in tree.sources("sim"):
        for number, line in enumerate(strip_code(path.read_text()).splitlines(), 1):
            found = NOT_DETERMINED.search(line)
            if found:
                tree.report(path, number, "determinism", f"'{found.group(0)}' makes runs of one seed differ")


def function_spans(code):
    """(first line, last line) of every outermost function body, by brace counting on stripped code."""
    spans, stack, start, line = [], [], 0, 1
    head_line = 1
    for at, char in enumerate(code):
        if char == "\n":
            line += 1
        elif char in ";":
            start, head_line = at + 1, line
        elif char == "{":
            head = code[start:at].strip()
            head = re.sub(r"^(#[^\n]*\n\s*)+", "", head)
            is_type = re.match(r"(template\s*<.*>\s*)?(inline\s+)?(namespace|class|struct|enum|union|extern)\b", head, re.S) and not re.search(r"\)\s*(const|noexcept|override|final|->.*)*\s*$", head, re.S)
            is_function = ")" in head and not is_type and not any(kind == "function" for kind, _ in stack)
            first = line - code[start:at].lstrip().count("\n") if head else line
            stack.append(("function" if is_function else "other", first))
            start, head_line = at + 1, line
        elif char == "}":
            if stack:
                kind, first = stack.pop()
                if kind == "function":
                    spans.append((first, line))
            start, head_line = at + 1, line
    return spans


def check_sizes(tree):
    for path in tree.sources("src", "include", "sim", "tests", "bench", "examples"):
        text = path.read_text()
        lines = text.count("\n") + 1
        if lines > FILE_LINES_MAX:
            tree.report(path, 1, "size", f"{lines} lines; at most {FILE_LINES_MAX}: split the file")
        for first, last in function_spans(strip_code(text)):
            if last - first + 1 > FUNCTION_LINES_MAX:
                tree.report(path, first, "size", f"a function of {last - first + 1} lines; at most {FUNCTION_LINES_MAX}")


def check_prose(tree):
    for path in tree.sources("src", "include"):
        if path.suffix != ".h":
            continue
        opening = path.read_text().split("#pragma once")[0]
        if not opening.startswith("//") or "Threads:" not in opening:
            tree.report(path, 1, "prose", "a header opens with its purpose, then Owner, Threads, Waits, Fails with")


def check_readmes(tree):
    for folder in sorted((tree.root / "src").iterdir()) if (tree.root / "src").is_dir() else []:
        if folder.is_dir() and any(folder.rglob("*.cpp")) and not (folder / "README.md").is_file():
            tree.report(folder, 1, "readme", "a folder with code has a README.md of at most a page")


def compile_header(root, header):
    """By a file of its own: ccache remembers nothing that comes from standard input or goes to /dev/null."""
    name = "/".join(header.relative_to(root).parts[1:])
    unit = root / "build" / "tidy" / (name + ".cpp")
    unit.parent.mkdir(parents=True, exist_ok=True)
    unit.write_text(f'#include "{name}"\n')
    command = ["ccache", "g++", "-std=c++20", "-Wall", "-Wextra", "-O0", f"-I{root}/src", f"-I{root}/include", f"-I{root}",
               "-c", str(unit), "-o", str(unit.with_suffix(".o"))]
    done = subprocess.run(command, text=True, capture_output=True)
    return header, done.returncode, done.stderr


def check_alone(tree):
    headers = [p for p in tree.sources("src", "include") if p.suffix == ".h"]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for header, code, errors in pool.map(lambda h: compile_header(tree.root, h), headers):
            if code != 0:
                first = next((line for line in errors.splitlines() if "error" in line), "error")
                tree.report(header, 1, "alone", f"does not compile alone: {first}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", default=Path(__file__).resolve().parents[2], type=Path)
    parser.add_argument("--no-compile", action="store_true")
    options = parser.parse_args()
    tree = Tree(options.root)
    checks = [check_includes, check_public_headers, check_words, check_determinism, check_sizes, check_prose, check_readmes]
    if not options.no_compile:
        checks.append(check_alone)
    for check in checks:
        check(tree)
    print("\n".join(tree.violations))
    sys.exit(1 if tree.violations else 0)


if __name__ == "__main__":
    main()
