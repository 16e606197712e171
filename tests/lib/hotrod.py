"""A small Hot Rod 3.1 client for black-box tests: one connection, one request at a time."""
import socket
import struct

PUT, GET, PUT_IF_ABSENT, REPLACE, REPLACE_IF_UNMODIFIED, REMOVE, REMOVE_IF_UNMODIFIED = 1, 3, 5, 7, 9, 0x0B, 0x0D
CONTAINS_KEY, GET_WITH_VERSION, CLEAR, STATS, PING, GET_WITH_METADATA = 0x0F, 0x11, 0x13, 0x15, 0x17, 0x1B
AUTH_MECH_LIST, AUTH, ADD_LISTENER, REMOVE_LISTENER, SIZE, EXEC, PUT_ALL, GET_ALL = 0x21, 0x23, 0x25, 0x27, 0x29, 0x2B, 0x2D, 0x2F
ITERATION_START, ITERATION_NEXT, ITERATION_END = 0x31, 0x33, 0x35
ERROR = 0x50
OK, NOT_EXECUTED, ABSENT = 0, 1, 2
NO_TYPE, TEXT = b"\0", b"\x01\x0d\0"  # media types: as stored, text/plain
IMMORTAL = b"\x88"                       # expiration: both without limit


class HotRodError(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status:#x}: {text}")
        self.status, self.text = status, text


def vint(number):
    out = bytearray()
    while True:
        if number < 0x80:
            out.append(number)
            return bytes(out)
        out.append(number & 0x7F | 0x80)
        number >>= 7


def array(data):
    data = data.encode() if isinstance(data, str) else data
    return vint(len(data)) + data


class Reader:
    def __init__(self, connection):
        self.file = connection.makefile("rb")

    def bytes(self, count):
        data = self.file.read(count)
        if len(data) != count:
            raise ConnectionError("the server closed the connection")
        return data

    def byte(self):
        return self.bytes(1)[0]

    def vint(self):
        shift = result = 0
        while True:
            b = self.byte()
            result |= (b & 0x7F) << shift
            if b < 0x80:
                return result
            shift += 7

    def array(self):
        return self.bytes(self.vint())

    def string(self):
        return self.array().decode()


class Topology:
    """Who serves a clustered cache, and the owners of each segment as indexes into `servers`, the primary first."""

    def __init__(self, reader):
        self.id = reader.vint()
        self.servers = [(reader.string(), int.from_bytes(reader.bytes(2), "big")) for _ in range(reader.vint())]
        self.hash_version = reader.byte()
        self.segments = [[reader.vint() for _ in range(reader.byte())] for _ in range(reader.vint())]

    def segment(self, key):
        size = -(-(1 << 31) // len(self.segments))
        return (murmur3(key.encode() if isinstance(key, str) else key) & 0x7FFFFFFF) // size

    def owners(self, key):
        return [self.servers[i] for i in self.segments[self.segment(key)]]


def murmur3(key):
    """The hash that clients and servers share (version 3): a MurmurHash3 of 128 bits with constants that change by the block."""
    mask = (1 << 64) - 1
    h1, h2 = 0x9368E53C2F6AF274 ^ 9001, 0x586DCD208F7CD3FD ^ 9001
    c1, c2 = 0x87C37B91114253D5, 0x4CF5AD432745937F

    def rotate(x, by):
        return (x << by | x >> 64 - by) & mask

    def mix(k1, k2):
        nonlocal h1, h2, c1, c2
        h1 ^= rotate(k1 * c1 & mask, 23) * c2 & mask
        h1 = h1 + h2 & mask
        h2 = rotate(h2, 41)
        h2 ^= rotate(k2 * c2 & mask, 23) * c1 & mask
        h2 = h2 + h1 & mask
        h1, h2 = h1 * 3 + 0x52DCE729 & mask, h2 * 3 + 0x38495AB5 & mask
        c1, c2 = c1 * 5 + 0x7B7D159C & mask, c2 * 5 + 0x6BCE6396 & mask

    blocks = len(key) // 16
    for i in range(blocks):
        mix(*struct.unpack_from("<QQ", key, 16 * i))
    tail = struct.unpack(f"{len(key) % 16}b", key[16 * blocks:])  # signed: the last byte's sign fills what is above
    if tail:
        k1 = k2 = 0
        for i, b in enumerate(tail):
            if i < 8:
                k1 ^= b << 8 * i & mask
            else:
                k2 ^= b << 8 * (i - 8) & mask
        mix(k1, k2)

    def finish(k):
        k = (k ^ k >> 33) * 0xFF51AFD7ED558CCD & mask
        k = (k ^ k >> 33) * 0xC4CEB9FE1A85EC53 & mask
        return k ^ k >> 33

    h2 ^= len(key)
    h1 = h1 + h2 & mask
    h2 = h2 + h1 & mask
    h1, h2 = finish(h1), finish(h2)
    return (h1 + h2 & mask) >> 32


class HotRod:
    VERSION = 31
    INTELLIGENCE = 3  # wants to know the servers and who owns what; 1 = nothing

    def __init__(self, port, host="127.0.0.1", cache="", media=TEXT, timeout=10):
        self.socket = socket.create_connection((host, port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.socket)
        self.cache, self.media, self.message, self.topology = cache, media, 0, None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.reader.file.close()
        self.socket.close()

    def request(self, op, body=b"", cache=None, flags=0, media=None):
        """(status, reader); an error answer is raised."""
        self.message += 1
        media = self.media if media is None else media
        name = self.cache if cache is None else cache
        known = self.topology.id if self.topology else 0
        header = b"\xa0" + vint(self.message) + bytes([self.VERSION, op]) + array(name) + vint(flags) + bytes([self.INTELLIGENCE]) + vint(known) + media + media
        self.socket.sendall(header + body)
        r = self.reader
        magic, message, answer, status, changed = r.byte(), r.vint(), r.byte(), r.byte(), r.byte()
        assert magic == 0xA1 and changed in (0, 1), (magic, changed)
        if changed:
            self.topology = Topology(r)
        if answer == ERROR:
            raise HotRodError(status, r.string())
        assert message == self.message and answer == op + 1, (message, hex(answer))
        return status, r

    def ping(self, cache=None):
        status, r = self.request(PING, cache=cache)
        for _ in range(2):  # media types
            if kind := r.byte():
                r.vint() if kind == 1 else r.array()
                for _ in range(2 * r.vint()):
                    r.array()
        version = r.byte()
        return version, [int.from_bytes(r.bytes(2), "big") for _ in range(r.vint())]

    def put(self, key, value, **o):
        return self.request(PUT, array(key) + IMMORTAL + array(value), **o)[0]

    def get(self, key, **o):
        status, r = self.request(GET, array(key), **o)
        return r.array() if status == OK else None

    def remove(self, key, **o):
        return self.request(REMOVE, array(key), **o)[0] == OK

    def size(self, **o):
        return self.request(SIZE, **o)[1].vint()

    def stats(self, **o):
        r = self.request(STATS, **o)[1]
        return {r.string(): r.string() for _ in range(r.vint())}

    def execute(self, task, **parameters):
        body = array(task) + bytes([len(parameters)]) + b"".join(array(k) + array(v) for k, v in parameters.items())
        return self.request(EXEC, body, cache="")[1].array()

    def create_cache(self, name, configuration="", flags="", template=""):
        given = {"name": name, "configuration": configuration, "flags": flags, "template": template}
        return self.execute("@@cache@create", **{k: v for k, v in given.items() if v})

    def cache_names(self):
        import json
        return json.loads(self.execute("@@cache@names"))

    def mechanisms(self):
        r = self.request(AUTH_MECH_LIST, cache="", media=NO_TYPE)[1]
        return [r.string() for _ in range(r.vint())]

    def login(self, user, password):
        """SASL PLAIN."""
        body = array("PLAIN") + array(b"\0" + user.encode() + b"\0" + password.encode())
        _, r = self.request(AUTH, body, cache="", media=NO_TYPE)
        complete, challenge = r.byte(), r.array()
        assert complete == 1 and challenge == b"", (complete, challenge)
        return self


def get_with_version(client, key):
    status, r = client.request(GET_WITH_VERSION, array(key))
    if status != OK:
        return None, None
    version = struct.unpack(">q", r.bytes(8))[0]
    return version, r.array()
