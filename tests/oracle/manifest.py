#!/usr/bin/env python3
"""Reads manifests as docs/spec/manifest-v1.md says. Standard library only.

    manifest.py FILE            the header's id, counts and the digest, or the line and the fault
    manifest.py < QUESTIONS     one JSON text a line in (base64 of a manifest), one JSON answer a line out
"""
import base64
import hashlib
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from seal import Refused, instant, number, one_of, read, text, units, write  # canonical JSON: envelope-v1 section 1

LONGEST = 4_194_304


class Fault(Exception):
    def __init__(self, line, why):
        super().__init__(line, why)
        self.line, self.why = line, why


# --- shapes: sections 2 to 4 ---------------------------------------------------------------------------------------------------


def shape(value, needed, optional=()):
    if not isinstance(value, dict):
        raise Refused("object")
    for key in value:
        if key not in needed and key not in dict(optional):
            raise Refused("unknown " + key)
    for key, check in needed.items():
        if key not in value:
            raise Refused("missing " + key)
        check(value[key])
    for key, check in dict(optional).items():
        if key in value:
            check(value[key])


def many(check, most):
    def checked(value):
        if not isinstance(value, list) or len(value) > most:
            raise Refused("list")
        for one in value:
            check(one)

    return checked


def members(check, pattern, most):
    def checked(value):
        if not isinstance(value, dict) or len(value) > most:
            raise Refused("members")
        for key, one in value.items():
            # Characters are UTF-16 code units: an astral character is two.
            if re.fullmatch(pattern, "".join("xx" if ord(c) > 0xFFFF else c for c in key), re.ASCII | re.DOTALL) is None:
                raise Refused("key")
            check(one)

    return checked


def boolean(value):
    if value is not True and value is not False:
        raise Refused("boolean")


def from_base64(value, most):
    text(most)(value)
    try:
        raw = base64.b64decode(value, validate=True)
    except ValueError:
        raise Refused("base64") from None
    if base64.b64encode(raw).decode() != value:
        raise Refused("base64")
    return raw


def as_bytes(value):
    """The bytes that a path or a target stands for, in its one spelling."""
    if isinstance(value, dict) and "base64" in value:
        shape(value, {"base64": lambda one: from_base64(one, 6000)})
        raw = from_base64(value["base64"], 6000)
        try:
            raw.decode("utf-8")
        except UnicodeDecodeError:
            return raw
        raise Refused("utf-8 as base64")
    shape(value, {"path": text(4096)})
    return value["path"].encode()


def path(value):
    raw = as_bytes(value)
    check_path(raw)
    return raw


def check_path(raw):
    if raw == b"":
        return
    if len(raw) > 4096 or b"\0" in raw:
        raise Refused("path")
    for segment in raw.split(b"/"):
        if not 1 <= len(segment) <= 255 or segment in (b".", b".."):
            raise Refused("segment")


def target(value):
    raw = as_bytes(value)
    if not 1 <= len(raw) <= 4096 or b"\0" in raw:
        raise Refused("target")


def root(value):
    LINE(value)
    if value == "":
        raise Refused("root")
    check_path(value.encode())
    if value.split("/")[0] not in ("data", "db", "config"):
        raise Refused("root")


CONTROL = "\\x00-\\x1f\\x7f"
LINE = text(4096, r"[^\x00\n]*")
ITEM_NAME = text(200, "[^" + CONTROL + "/]+")
DIGEST = text(64, "[0-9a-f]{64}")
BACKUP = text(65_536, r"\d{8}_\d{6}Z?")
NAME = text(256, "[^" + CONTROL + ":]+")
NANOSECONDS = text(21, r"0|-?[1-9]\d{0,19}")
SOURCE = text(64, r"\d{1,20}:\d{1,20}:(0|-?[1-9]\d{0,19})")
TERM = r"(d:)?([ug]:\d{0,10}|[mo]:):[r-][w-][x-]"
ACL = text(16_384, TERM + "(," + TERM + ")*")


def locale(value):
    shape(value, {"provider": text(20, r"[a-z]+")}, {"name": LINE, "rules": text(65_536, r"[^\x00]*")})


def database(value):
    lines = {key: LINE for key in ("owner", "encoding", "collate", "ctype", "server", "client")}
    lists = {key: many(LINE, 1000) for key in ("acl", "settings", "extensions")}
    tables = {"tables": members(number(0), r"[^\x00\n]{1,200}", 10_000)}
    shape(value, {**lines, **lists, **tables}, {"passwords": many(LINE, 1000), "locale": locale})


def item(value):
    shape(
        value,
        {
            "name": ITEM_NAME,
            "kind": one_of("data", "database", "sqlite", "globals", "config"),
            "source": text(4096, r"[^\x00\n]+"),
            "root": root,
            "entries": number(0),
            "bytes": number(0),
            "oneMoment": boolean,
        },
        {"database": database},
    )


def skipped(value):
    shape(value, {"item": ITEM_NAME, "path": path, "why": one_of("mount", "socket", "fifo", "device", "secret")})


def check_header(value):
    shape(
        value,
        {
            "v": one_of(1),
            "kind": one_of("manifest"),
            "service": text(65_536, "[a-z0-9][a-z0-9._-]{0,62}"),
            "host": text(255, "[^" + CONTROL + "]+"),
            "id": BACKUP,
            "started": instant,
            "ended": instant,
            "engine": one_of("directory/1"),
            "version": text(100, "[^" + CONTROL + "]+"),
            "items": many(item, 1000),
            "checksums": DIGEST,
            "skipped": many(skipped, 10_000),
        },
        {"previous": BACKUP},
    )
    names = [one["name"].encode() for one in value["items"]]
    if any(a >= b for a, b in zip(names, names[1:])):
        raise Refused("items")
    roots = [one["root"] for one in value["items"]]
    for i, one in enumerate(roots):
        if any(i != j and (other == one or other.startswith(one + "/")) for j, other in enumerate(roots)):
            raise Refused("roots")
    pairs = [(one["item"].encode(), as_bytes(one["path"])) for one in value["skipped"]]
    if any(a >= b for a, b in zip(pairs, pairs[1:])) or any(name not in names for name, _ in pairs):
        raise Refused("skipped")


COMMON = {
    "item": ITEM_NAME,
    "at": path,
    "mode": number(0, 0o7777),
    "uid": number(0, 2**32 - 1),
    "gid": number(0, 2**32 - 1),
    "mtime": NANOSECONDS,
}
COMMON_OPTIONAL = {
    "owner": NAME,
    "group": NAME,
    "attributes": members(lambda one: from_base64(one, 90_000), r"user\.[^\x00]{1,250}", 100),
    "acl": ACL,
}
TYPES = {
    "directory": ({}, {}),
    "file": ({"size": number(0), "digest": DIGEST, "sparse": boolean, "source": SOURCE}, {"hardLink": path}),
    "link": ({"target": target}, {}),
    "secret": ({"size": number(0), "keyed": DIGEST, "source": SOURCE}, {}),
}


def check_entry(value):
    if not isinstance(value, dict) or not isinstance(value.get("type"), str) or value["type"] not in TYPES:
        raise Refused("type")
    needed, optional = TYPES[value["type"]]
    shape(value, {**COMMON, "type": text(20), **needed}, {**COMMON_OPTIONAL, **optional})


# --- the whole: sections 1, 5 and 6 --------------------------------------------------------------------------------------------


def parse(line):
    if len(line) > LONGEST:
        raise Refused("long")
    try:
        return read(line.decode("utf-8"))
    except UnicodeDecodeError:
        raise Refused("utf-8") from None


def has_place(raw, entry, kind, placed):
    """`placed` holds every entry of the item so far: path to type."""
    if kind == "globals":
        return raw == b"" and entry["type"] == "secret"
    if raw == b"":
        return kind != "config" and entry["type"] in ("directory", "file")
    parents = [b""] + [raw[:i] for i in range(len(raw)) if raw[i : i + 1] == b"/"]
    if any(placed.get(one, "directory") != "directory" for one in parents):
        return False
    return kind == "config" or parents[-1] in placed


def fits_group(entry, groups):
    if "hardLink" not in entry:
        return True
    first = as_bytes(entry["hardLink"])
    rest = write({key: value for key, value in entry.items() if key != "at"})
    if first == as_bytes(entry["at"]):
        groups[first] = rest
    return groups.get(first) == rest


def read_manifest(data):
    lines = data.split(b"\n")
    torn = lines.pop() != b""
    header, items, seen, before, placed, groups, set_id = None, {}, {}, None, {}, {}, 0
    for at, line in enumerate(lines, 1):
        try:
            value = parse(line)
        except Refused:
            raise Fault(at, "line") from None
        try:
            (check_header if header is None else check_entry)(value)
        except Refused:
            raise Fault(at, "header" if header is None else "entry") from None
        if header is None:
            header = value
            items = {one["name"]: one for one in value["items"]}
            seen = {name: [0, 0] for name in items}
            continue
        if value["item"] not in items:
            raise Fault(at, "item")
        one, raw = items[value["item"]], as_bytes(value["at"])
        order = (value["item"].encode(), raw)
        if before is not None and before >= order:
            raise Fault(at, "order")
        if before is None or before[0] != order[0]:
            placed, groups = {}, {}
        before = order
        if not has_place(raw, value, one["kind"], placed):
            raise Fault(at, "parent")
        placed[raw] = value["type"]
        if value["type"] == "file" and not fits_group(value, groups):
            raise Fault(at, "hard_link")
        count = seen[value["item"]]
        count[0] += 1
        if value["type"] == "file" and ("hardLink" not in value or as_bytes(value["hardLink"]) == raw):
            count[1] += value["size"]
        if count[0] > one["entries"] or count[1] > one["bytes"]:
            raise Fault(at, "count")
        if value["type"] in ("file", "secret") and value["mode"] & 0o6000:
            set_id += 1
    if torn:
        raise Fault(len(lines) + 1, "line")
    if header is None:
        raise Fault(1, "header")
    for name, one in items.items():
        if seen[name] != [one["entries"], one["bytes"]]:
            raise Fault(len(lines) + 1, "count")
    return {"ok": True, "id": header["id"], "entries": len(lines) - 1, "setId": set_id, "digest": hashlib.sha256(data).hexdigest()}


def answer(data):
    try:
        return read_manifest(data)
    except Fault as fault:
        return {"ok": False, "line": fault.line, "why": fault.why}


def main():
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as file:
            found = answer(file.read())
        print(json.dumps(found))
        return 0 if found["ok"] else 1
    for question in sys.stdin:
        print(json.dumps(answer(base64.b64decode(json.loads(question)))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
