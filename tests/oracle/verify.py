#!/usr/bin/env python3
"""Verifies ledger exports as docs/spec/ledger-v1.md says. Standard library only, Ed25519 from RFC 8032.

    verify.py KEY FILE [HEAD ...]       one export; prints the verdict, exits as the specification says
    verify.py --batch                   reads lines {"name","key","path","heads"}, prints one verdict a line
"""
import base64
import binascii
import datetime
import hashlib
import json
import re
import sys

# --- Ed25519, RFC 8032 section 5.1 and the sample code of its section 6 ------------------------------------------------

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def point_add(a, b):
    s = (a[1] - a[0]) * (b[1] - b[0]) % P
    t = (a[1] + a[0]) * (b[1] + b[0]) % P
    u = 2 * a[3] * b[3] * D % P
    v = 2 * a[2] * b[2] % P
    e, f, g, h = t - s, v - u, v + u, t + s
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def point_multiply(s, point):
    result = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            result = point_add(result, point)
        point = point_add(point, point)
        s >>= 1
    return result


def point_equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def recover_x(y, sign):
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P != 0:
        return None
    return P - x if (x & 1) != sign else x


def point_decompress(encoded):
    if len(encoded) != 32:
        return None
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verify(public, message, signature):
    if len(public) != 32 or len(signature) != 64:
        return False
    a = point_decompress(public)
    r = point_decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    return point_equal(point_multiply(s, BASE), point_add(r, point_multiply(h, a)))


# --- section 1: canonical JSON -----------------------------------------------------------------------------------------

BIGGEST = 2**53 - 1


class NotCanonical(Exception):
    pass


def write(value):
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, int):
        if abs(value) > BIGGEST:
            raise NotCanonical
        return str(value)
    if isinstance(value, str):
        return write_string(value)
    if isinstance(value, list):
        return "[" + ",".join(write(item) for item in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=utf16)
        return "{" + ",".join(write_string(key) + ":" + write(value[key]) for key in keys) + "}"
    raise NotCanonical


def utf16(text):
    return text.encode("utf-16-be", "surrogatepass")


SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write_string(text):
    out = []
    for character in text:
        code = ord(character)
        if 0xD800 <= code <= 0xDFFF:
            raise NotCanonical
        if character in SHORT:
            out.append(SHORT[character])
        elif code < 0x20:
            out.append("\\u%04x" % code)
        else:
            out.append(character)
    return '"' + "".join(out) + '"'


def refuse(_):
    raise NotCanonical


def read_canonical(text):
    try:
        value = json.loads(text, parse_float=refuse, parse_constant=refuse)
        if write(value) != text:
            raise NotCanonical
        return value
    except (ValueError, RecursionError):
        raise NotCanonical from None


def nesting(text):
    deep = most = 0
    quoted = skip = False
    for character in text:
        if skip:
            skip = False
        elif quoted:
            if character == "\\":
                skip = True
            elif character == '"':
                quoted = False
        elif character == '"':
            quoted = True
        elif character in "{[":
            deep += 1
            most = max(most, deep)
        elif character in "}]":
            deep -= 1
    return most


def canonical_base64(text):
    """The bytes, or None when the text is not the one canonical text of its value."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode("ascii") == text else None


# --- section 2: entries ------------------------------------------------------------------------------------------------

HEX = re.compile(r"[0-9a-f]{64}")
KIND = re.compile(r"[a-z][a-z0-9._-]{0,63}")
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
REQUIRED = {"v", "seq", "prev", "at", "kind", "subject", "actor", "payload"}


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_hex(value):
    return isinstance(value, str) and HEX.fullmatch(value) is not None


def is_name(value):
    return isinstance(value, str) and 1 <= len(value.encode()) <= 1024


def is_moment(value):
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return False
    try:
        return datetime.datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").year >= 1970
    except ValueError:
        return False


def ascending(values):
    return all(a < b for a, b in zip(values, values[1:]))


def read_entry(body):
    if len(body.encode()) > 65536 or nesting(body) > 32:
        return None
    try:
        entry = read_canonical(body)
    except NotCanonical:
        return None
    if not isinstance(entry, dict) or set(entry) - {"blobs"} != REQUIRED:
        return None
    good = (
        is_int(entry["v"]) and entry["v"] == 1
        and is_int(entry["seq"]) and entry["seq"] >= 1
        and is_hex(entry["prev"])
        and is_moment(entry["at"])
        and isinstance(entry["kind"], str) and KIND.fullmatch(entry["kind"])
        and is_name(entry["subject"])
        and is_name(entry["actor"])
        and isinstance(entry["payload"], dict)
    )
    if not good:
        return None
    if "blobs" in entry:
        blobs = entry["blobs"]
        if not isinstance(blobs, list) or not blobs or not all(map(is_hex, blobs)) or not ascending(blobs):
            return None
    return entry


# --- section 3: hashes -------------------------------------------------------------------------------------------------

def sha256(data):
    return hashlib.sha256(data).digest()


class Tree:
    """Peaks as (number of leaves, hash), largest first."""

    def __init__(self):
        self.peaks = []

    def append(self, leaf):
        self.peaks.append((1, leaf))
        while len(self.peaks) > 1 and self.peaks[-1][0] == self.peaks[-2][0]:
            size, right = self.peaks.pop()
            _, left = self.peaks.pop()
            self.peaks.append((2 * size, sha256(b"\x01" + left + right)))

    def root(self):
        if not self.peaks:
            return sha256(b"")
        hashes = [value for _, value in self.peaks]
        result = hashes.pop()
        while hashes:
            result = sha256(b"\x01" + hashes.pop() + result)
        return result


def included(index, size, leaf, proof, root):
    """RFC 9162 section 2.1.3.2."""
    if index >= size:
        return False
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            if not fn & 1:
                while fn and not fn & 1:
                    fn >>= 1
                    sn >>= 1
        else:
            r = sha256(b"\x01" + r + p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == root


# --- section 4: checkpoints --------------------------------------------------------------------------------------------

ORIGIN = r"[\x21-\x2a\x2c-\x7e]{1,128}"
TEXT = re.compile(r"(%s)\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n" % ORIGIN)
SIGNATURE = re.compile(r"\u2014 (%s) ([A-Za-z0-9+/=]+)" % ORIGIN)


def key_hash(name, public):
    return sha256(name.encode() + b"\n\x01" + public)[:4]


def read_key(line):
    match = re.fullmatch(r"(%s)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)" % ORIGIN, line.strip())
    if not match:
        raise SystemExit("not a key: " + line)
    name, wanted, encoded = match.groups()
    data = canonical_base64(encoded)
    if data is None or len(data) != 33 or data[0] != 1 or key_hash(name, data[1:]).hex() != wanted:
        raise SystemExit("not a key: " + line)
    return name, data[1:]


def read_checkpoint(note, key):
    """(origin, size, root), or None when it is not one signed by this key."""
    name, public = key
    if len(note) > 8192:
        return None
    text, separator, signatures = note.partition("\n\n")
    text += "\n"
    match = TEXT.fullmatch(text)
    if not separator or not match or not signatures.endswith("\n"):
        return None
    origin, size, root = match.group(1), int(match.group(2)), canonical_base64(match.group(3))
    if root is None or size > BIGGEST or origin != name:
        return None
    lines = signatures[:-1].split("\n")
    if len(lines) != 1:
        return None
    line = SIGNATURE.fullmatch(lines[0])
    if not line or line.group(1) != name:
        return None
    data = canonical_base64(line.group(2))
    if data is None or len(data) != 68 or data[:4] != key_hash(name, public):
        return None
    if not ed25519_verify(public, text.encode(), data[4:]):
        return None
    return origin, size, root


# --- section 6: verification -------------------------------------------------------------------------------------------

EXIT = {"sound": 0, "altered": 2, "truncated": 3, "forked": 3, "signature": 4}
LONGEST = 33554432


class Verdict(Exception):
    def __init__(self, state, **more):
        super().__init__(state)
        self.value = {"state": state, "exit": EXIT[state], **more}


def altered(seq):
    return Verdict("altered", seq=seq)


def sizes(state, signed, found):
    return Verdict(state, signed=signed, found=found)


def as_text(line):
    if len(line) > LONGEST:
        return None
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return None


def as_object(line):
    text = as_text(line)
    if text is None:
        return None
    try:
        value = read_canonical(text)
    except NotCanonical:
        return None
    return value if isinstance(value, dict) else None


def read_header(line):
    header = as_object(line)
    if header is None or not is_int(header.get("v")) or header["v"] != 1:
        raise altered(0)
    if not isinstance(header.get("checkpoint"), str):
        raise altered(0)
    if header.get("format") == "sekisho-ledger" and set(header) == {"checkpoint", "format", "v"}:
        return header["checkpoint"], None
    if header.get("format") == "sekisho-ledger-extract" and set(header) == {"checkpoint", "format", "seqs", "v"}:
        seqs = header["seqs"]
        if isinstance(seqs, list) and seqs and all(is_int(s) and s >= 1 for s in seqs) and ascending(seqs):
            return header["checkpoint"], seqs
    raise altered(0)


FULL = re.compile(r'\{"entry":(.*),"leaf":"([0-9a-f]{64})"\}', re.S)
EXTRACT = re.compile(r'\{"entry":(.*),"proof":\[(|"[0-9a-f]{64}"(?:,"[0-9a-f]{64}"){0,63})\]\}', re.S)


def verify(data, key, head_notes=()):
    try:
        check(data, key, head_notes)
    except Verdict as verdict:
        return verdict.value
    return {"state": "sound", "exit": 0}


def is_entry_line(line, more_promised):
    text = as_text(line)
    if text is None:
        return more_promised
    return not text.startswith('{"blob":') and (more_promised or text.startswith('{"entry":'))


def check(data, key, head_notes):
    lines = data.split(b"\n")
    cut = lines.pop() != b""
    if not lines:
        raise sizes("truncated", 0, 0)
    note, seqs = read_header(lines[0])
    checkpoint = read_checkpoint(note, key)
    if checkpoint is None:
        raise Verdict("signature")
    _, size, root = checkpoint
    heads = []
    for text in head_notes:
        head = read_checkpoint(text, key)
        if head is None:
            raise Verdict("signature")
        if head[1] > size:
            raise sizes("truncated", head[1], size)
        if head[1] == size and head[2] != root:
            raise sizes("forked", head[1], size)
        heads.append(head)

    tree = Tree()
    named = {}
    erased = set()
    count = 0
    before = None
    at = 1
    promised = size if seqs is None else len(seqs)
    while at < len(lines) and is_entry_line(lines[at], count < promised):
        if seqs is not None and count >= len(seqs):
            raise altered(0)
        expected = count + 1 if seqs is None else seqs[count]
        text = as_text(lines[at])
        match = (FULL if seqs is None else EXTRACT).fullmatch(text) if text is not None else None
        if match is None:
            raise altered(expected)
        body = match.group(1)
        entry = read_entry(body)
        if entry is None or entry["seq"] != expected:
            raise altered(expected)
        leaf = sha256(b"\x00" + body.encode())
        if seqs is None:
            if leaf.hex() != match.group(2):
                raise altered(expected)
        else:
            proof = [bytes.fromhex(h) for h in re.findall(r"[0-9a-f]{64}", match.group(2))]
            if not included(expected - 1, size, leaf, proof, root):
                raise altered(expected)
        if expected == 1 and entry["prev"] != "0" * 64:
            raise altered(1)
        if before is not None and before[0] == expected - 1 and entry["prev"] != before[1]:
            raise altered(expected - 1)
        before = (expected, leaf.hex())
        count += 1
        if seqs is None:
            tree.append(leaf)
            for head in heads:
                if head[1] == count and tree.root() != head[2]:
                    raise sizes("forked", head[1], size)
        for digest in entry.get("blobs", ()):
            named.setdefault(digest, expected)
        if entry["kind"] == "blob.erased" and isinstance(entry["payload"].get("digest"), str):
            erased.add(entry["payload"]["digest"])
        at += 1

    signed = promised
    at_end = at == len(lines)
    if seqs is None:
        if count < size:
            raise sizes("truncated", size, count)
        if count > size or tree.root() != root:
            raise sizes("forked", size, count)
    elif count < len(seqs):
        if at_end and cut:
            raise sizes("truncated", signed, count)
        raise altered(seqs[count])

    expected_blobs = sorted(named)
    for index, line in enumerate(lines[at:]):
        if index >= len(expected_blobs):
            raise altered(0)
        digest = expected_blobs[index]
        blob = as_object(line)
        if blob is None or len(blob) != 2 or blob.get("blob") != digest:
            raise altered(named[digest])
        if blob.get("erased") is True:
            if digest not in erased:
                raise altered(named[digest])
            continue
        content = canonical_base64(blob["bytes"]) if isinstance(blob.get("bytes"), str) else None
        if content is None or sha256(content).hex() != digest:
            raise altered(named[digest])
    if cut:
        raise sizes("truncated", signed, count)
    done = len(lines) - at
    if done < len(expected_blobs):
        raise altered(named[expected_blobs[done]])


def main(arguments):
    if arguments == ["--batch"]:
        for line in sys.stdin:
            task = json.loads(line)
            with open(task["path"], "rb") as file:
                data = file.read()
            verdict = verify(data, read_key(task["key"]), task.get("heads", []))
            print(json.dumps({"name": task["name"], **verdict}), flush=True)
        return 0
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 64
    heads = []
    for path in arguments[2:]:
        with open(path, encoding="utf-8", newline="") as file:
            heads.append(file.read())
    with open(arguments[1], "rb") as file:
        verdict = verify(file.read(), read_key(arguments[0]), heads)
    print(json.dumps(verdict))
    return verdict["exit"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
