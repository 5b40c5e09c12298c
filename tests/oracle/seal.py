#!/usr/bin/env python3
"""Reads plans, envelopes and statements as docs/spec/envelope-v1.md and statement-v1.md say. Standard library only.

    seal.py < QUESTIONS         one JSON question a line in, one JSON answer a line out
"""
import base64
import datetime
import hashlib
import json
import os
import re
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from verify import ed25519_verify  # RFC 8032, the part that the two oracles share

BIGGEST = 2**53 - 1


class Refused(Exception):
    pass


# --- canonical JSON: ledger-v1 section 1 and envelope-v1 section 1 -------------------------------------------------------

SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def write_text(text):
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise Refused("surrogate")
    return '"' + "".join(SHORT.get(c) or ("\\u%04x" % ord(c) if ord(c) < 0x20 else c) for c in text) + '"'


def write(value, depth=0):
    if isinstance(value, (list, dict)) and depth > 64:
        raise Refused("depth")
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, int):
        if abs(value) > BIGGEST:
            raise Refused("number")
        return str(value)
    if isinstance(value, str):
        return write_text(value)
    if isinstance(value, list):
        return "[" + ",".join(write(one, depth + 1) for one in value) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(write_text(key) + ":" + write(value[key], depth + 1) for key in keys) + "}"
    raise Refused("type")


def no_twice(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise Refused("twice")
    return dict(pairs)


def read(text):
    def never(_):
        raise Refused("number")

    try:
        value = json.loads(text, object_pairs_hook=no_twice, parse_float=never, parse_constant=never)
    except (ValueError, RecursionError):
        raise Refused("json") from None
    if write(value) != text:
        raise Refused("form")
    return value


def digest(label, value):
    return hashlib.sha256(label.encode() + b"\0" + write(value).encode()).hexdigest()


# --- forms of text: envelope-v1 section 1 ----------------------------------------------------------------------------------


def units(text):
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def text(most, pattern=None):
    def check(value):
        if not isinstance(value, str) or units(value) > most:
            raise Refused("text")
        write_text(value)
        if pattern is not None and re.fullmatch(pattern, value, re.ASCII) is None:
            raise Refused("pattern")

    return check


def instant(value):
    if not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", value, re.ASCII) is None:
        raise Refused("instant")
    milliseconds(value)


def milliseconds(value):
    try:
        at = datetime.datetime.strptime(value[:-1] + "000", "%Y-%m-%dT%H:%M:%S.%f")
    except ValueError:
        raise Refused("instant") from None
    since = at - datetime.datetime(1970, 1, 1)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def number(least, most=BIGGEST):
    def check(value):
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Refused("number")

    return check


def one_of(*allowed):
    def check(value):
        if not any(type(value) is type(one) and value == one for one in allowed):
            raise Refused("one of")

    return check


def items(check_one, most=1000):
    def check(value):
        if not isinstance(value, list) or len(value) > most:
            raise Refused("list")
        for one in value:
            check_one(one)

    return check


def fields(required, optional=None):
    optional = optional or {}

    def check(value):
        if not isinstance(value, dict) or not set(required) <= set(value) <= set(required) | set(optional):
            raise Refused("fields")
        for key, one in value.items():
            (required.get(key) or optional[key])(one)

    return check


def by(field, cases):
    def check(value):
        if not isinstance(value, dict) or not isinstance(value.get(field), str) or value[field] not in cases:
            raise Refused("kind")
        case = cases[value[field]]
        required, optional = case if isinstance(case, tuple) else (case, {})
        fields({field: one_of(value[field]), **required}, optional)(value)

    return check


DIGEST = text(64, "[0-9a-f]{64}")
INCIDENT = text(10**6, r"INC-\d{4}-\d{4,}")
CHANGE = text(10**6, r"CHG-\d{4}-\d{4,}")
EXECUTION = text(10**6, r"CHG-\d{4}-\d{4,}/\d{1,6}")
NAME = text(63, "[a-z0-9][a-z0-9._-]{0,62}")
UNIT = text(255, r"[A-Za-z0-9:_.\\@-]{1,255}")
PATH = text(4096, r"/[^\0\n]*")
TARGET = text(5000, r"[a-z0-9][a-z0-9._-]{0,62}/(nginx|isolation|(?:file|data|code|command):/[^\0\n]{1,4095}|unit:[A-Za-z0-9:_.\\@-]{1,255}|(?:database|schema):\d{1,5}/[^\0\n]{1,63})")
ROLE = one_of("viewer", "requester", "approver", "operator", "owner", "auditor")
CHECK = one_of("baseline", "conflict", "window", "health", "validation", "trial", "undo", "notification", "backup", "tests", "rehearsal", "impact")
BOOLEAN = one_of(True, False)
STAGE = text(32, "[0-9a-f]{32}")
BACKUP = text(16, r"\d{8}_\d{6}Z?")
SHORT_NAME = text(63)
ABSENT = one_of("absent")
COMMIT = text(64, "[0-9a-f]{40}([0-9a-f]{24})?")
STEP = text(4, r"[1-9]\d{0,3}")

# --- plan: section 3 ---------------------------------------------------------------------------------------------------------

ID = number(0, 2**32 - 1)
MODE = number(0, 4095)
VERB = one_of("start", "stop", "restart", "reload")
KEY = text(200, "[A-Za-z_][A-Za-z0-9_]*")
STABLE = number(0, 600_000)
STATE = by("kind", {
    "absent": {},
    "file": {"digest": DIGEST, "size": number(0, 1_048_576), "mode": MODE, "uid": ID, "gid": ID},
    "secret": {"keyed": DIGEST, "mode": MODE, "uid": ID, "gid": ID},
    "link": {"target": text(4096), "uid": ID, "gid": ID},
})
LINKS = items(fields({"path": PATH, "target": text(4096)}), 40)
VALUE = by("kind", {"text": {"value": text(32_768)}, "secret": {"reference": text(200), "version": number(1), "keyed": DIGEST}})
BACKED_UP = fields({"backup": BACKUP, "copy": SHORT_NAME, "manifest": DIGEST, "taken": instant})
PUT_ASIDE = fields({"evidence": CHANGE, "stage": STAGE, "taken": instant})


def FROM(value):
    (PUT_ASIDE if isinstance(value, dict) and "evidence" in value else BACKED_UP)(value)


METHOD = one_of("POST", "PUT", "PATCH", "DELETE")
URL = text(2048, r"https?://[^\s]+")
SQL_FILE = fields({"name": text(100, r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"), "digest": DIGEST, "size": number(1, 262_144)})
SIDE = fields({"mode": text(6, "[0-7]{6}"), "digest": DIGEST, "size": number(0)}, {"text": DIGEST})
CHANGED = items(fields({"path": text(4096)}, {"before": SIDE, "after": SIDE}), 1000)
OWN = fields({"files": DIGEST, "changed": CHANGED, "writes": items(PATH, 20)}, {"back": items(text(4096), 100), "turned": one_of(True)})
ACTION = by("kind", {
    "replaceFiles": {"files": items(fields({"path": PATH, "real": PATH, "links": LINKS, "before": STATE, "after": STATE}), 100)},
    "editEnv": {"path": PATH, "real": PATH, "links": LINKS, "before": STATE, "set": items(fields({"key": KEY, "to": VALUE})), "unset": items(KEY)},
    "unit": {"verb": VERB, "unit": UNIT},
    "daemonReload": {},
    "assertLoss": {"stage": STAGE, "lists": DIGEST},
    "exchange": ({"stage": STAGE, "of": one_of("directory", "file"), "item": SHORT_NAME, "path": PATH, "from": FROM, "digest": DIGEST}, {"before": ABSENT, "after": ABSENT}),
    "maintenance": ({"turn": one_of("on", "off"), "on": items(text(4096), 100), "off": items(text(4096), 100), "directory": PATH}, {"unit": UNIT}),
    "migrate": ({"database": SHORT_NAME, "port": number(1, 65_535), "role": SHORT_NAME, "up": SQL_FILE, "lockMs": number(1, 3_600_000), "withinMs": number(1000, 3_300_000), "catalogue": DIGEST}, {"down": SQL_FILE, "back": one_of(True)}),
    "migrateByTool": ({"database": SHORT_NAME, "port": number(1, 65_535), "role": SHORT_NAME, "directory": PATH, "files": DIGEST, "argv": items(text(4096), 100), "back": items(text(4096), 100), "status": items(text(4096), 100), "lockMs": number(1, 3_600_000), "withinMs": number(1000, 3_300_000), "catalogue": DIGEST}, {"address": text(100, "[A-Za-z_][A-Za-z0-9_]*"), "stage": STAGE, "changed": CHANGED}),
    "endIsolation": {"incident": INCIDENT},
    "request": ({"method": METHOD, "url": URL, "call": text(50, "[a-z][A-Za-z0-9_-]{0,49}"), "dir": PATH, "params": items(fields({"key": text(50, "[a-z][A-Za-z0-9_]{0,49}"), "value": text(200, "[A-Za-z0-9_.~-]{1,200}")}), 10), "read": URL, "withinMs": number(1, 600_000)}, {"body": text(16_384), "inverse": fields({"method": METHOD, "url": URL}, {"body": text(16_384)}), "credential": fields({"reference": text(200), "version": number(1), "keyed": DIGEST}), "turned": one_of(True)}),
    "renameDatabase": ({"stage": STAGE, "item": SHORT_NAME, "database": SHORT_NAME, "port": number(1, 65_535), "beside": SHORT_NAME, "from": FROM, "digest": DIGEST}, {"before": ABSENT, "after": ABSENT}),
    "layRelease": ({"stage": STAGE, "link": PATH, "release": PATH, "commit": COMMIT, "artefact": DIGEST, "entries": number(0)}, {"before": ABSENT}),
    "placeTree": {"stage": STAGE, "path": PATH, "commit": COMMIT, "artefact": DIGEST, "entries": number(0)},
    "exec": ({"name": text(50, "[a-z][a-z0-9_-]{0,49}"), "argv": items(text(4096), 100), "directory": PATH}, {"unit": UNIT, "own": OWN}),
    "commit": ({"stage": STAGE, "path": PATH, "branch": text(200), "commit": COMMIT, "deployed": COMMIT, "message": text(65_536)}, {"push": text(2048)}),
})
UNDO = by("kind", {"putBack": {}, "daemonReload": {}, "unit": {"verb": VERB, "unit": UNIT}})
PROOF = by("kind", {
    "files": {},
    "health": {},
    "nginx": {"unit": UNIT, "errorLog": PATH, "stableMs": STABLE},
    "unit": {"unit": UNIT, "restarted": BOOLEAN, "stableMs": STABLE},
    "running": {"unit": UNIT, "active": BOOLEAN, "newer": BOOLEAN, "stableMs": STABLE},
    "answers": {"unit": UNIT, "greeting": text(63, r"[\x20-\x7e]+"), "stableMs": STABLE},
    "probe": {"path": PATH},
    "connected": {"incident": INCIDENT},
    "readBack": {"url": URL},
    "restored": {"item": SHORT_NAME, "what": text(4096)},
    "schema": {"database": SHORT_NAME, "port": number(1, 65_535)},
    "deployed": {"path": PATH},
})
WINDOW = fields({"from": instant, "until": instant})
PLAN = fields({
    "v": one_of(1),
    "change": CHANGE,
    "revision": number(1, 10_000),
    "host": text(63),
    "service": NAME,
    "pattern": one_of("config", "service", "data", "schema", "code", "isolation", "request", "command"),
    "playbook": one_of("config/1", "service/1", "data/1", "schema/1", "code/1", "isolation/1", "request/1", "command/1"),
    "targets": items(TARGET, 100),
    "actions": items(fields({"id": STEP, "action": ACTION, "undo": items(UNDO, 10), "timeoutMs": number(1, 3_600_000)}), 50),
    "pre": items(by("kind", {"health": {}, "unit": {"unit": UNIT, "active": BOOLEAN}, "backup": {"level": one_of("written", "digest", "content", "restored")}}), 50),
    "proof": items(PROOF, 50),
    "diagnostics": BOOLEAN,
    "keep": fields({"by": one_of("proof", "person"), "seconds": number(1, 86_400)}),
}, {"window": WINDOW, "startsFrom": one_of("down")})


def tier(plan):
    acts = [one["action"] for one in plan["actions"]]
    if all(one["kind"] == "unit" and one["verb"] in ("restart", "reload") for one in acts):
        return 1
    for_good = lambda one: one["kind"] == "migrate" and "down" not in one or one["kind"] == "request" and "inverse" not in one or one["kind"] == "exec" and "own" in one and "back" not in one["own"]
    return 3 if any(map(for_good, acts)) else 2


def standing(plan):
    return plan["pattern"] == "service" and tier(plan) == 1 and len(plan["actions"]) == 1


# --- envelope: section 9 -----------------------------------------------------------------------------------------------------

ENVELOPE = fields({
    "v": one_of(1),
    "change": CHANGE,
    "revision": number(1, 10_000),
    "host": text(63),
    "service": NAME,
    "class": one_of("normal", "standard"),
    "tier": one_of(1, 2, 3),
    "plan": DIGEST,
    "diff": DIGEST,
    "baseline": items(fields({"target": TARGET, "digest": DIGEST}), 100),
    "evidence": items(fields({"check": CHECK, "digest": DIGEST, "expires": instant, "collector": one_of("runner", "gate")}), 20),
    "waivers": items(DIGEST, 20),
    "policy": DIGEST,
    "playbook": text(100),
    "approvals": fields({"count": number(0, 20), "roles": items(ROLE, 10)}),
    "requester": NAME,
    "author": NAME,
    "lineage": items(NAME, 20),
    "editors": items(NAME, 100),
    "instruction": DIGEST,
    "notification": one_of("not_needed", "needed"),
    "sealedAt": instant,
    "expires": instant,
}, {"sponsor": NAME, "window": WINDOW})

W = "山川風石空海雲月星花鳥木林森草竹松梅桜桃水火土金日光雪雨虹露霜霧谷島浜岸岩滝泉池湖波道橋門里村町港船舟馬鹿犬猫鶴亀魚貝虎龍米麦豆"


def words(hexed):
    raw = bytes.fromhex(hexed)
    return "".join(W[one % 64] for one in raw[:4]), raw[16:20].hex()


def approvers(policy, service):
    return [
        one
        for one in policy["people"]
        if holds(one, ("approver", "owner"), service) and any(not key["revoked"] for key in one["keys"])
    ]


def holds(person, roles, service):
    return any(role in roles for role in person["roles"]) and (not person["services"] or service in person["services"])


def deciding(policy, service):
    def here(one):
        return not one["services"] or service in one["services"]

    rules = dict(policy["rules"])
    rules["windows"] = [one for one in rules["windows"] if here(one)]
    rules["freezes"] = [one for one in rules["freezes"] if here(one)]
    return digest("sekisho-deciding-policy-v1", {
        "agents": [{"id": one["id"], "sponsor": one["sponsor"]} for one in policy["agents"]],
        "people": approvers(policy, service),
        "rules": rules,
        "service": next((one for one in policy["services"] if one["name"] == service), None),
    })


# --- statement: statement-v1 ---------------------------------------------------------------------------------------------------

COMMON = {"v": one_of(1), "approver": NAME, "role": ROLE, "nonce": text(32, "[0-9a-f]{32}"), "at": instant, "expires": instant}
REASON = text(4000)
LIMITS = fields({"path": text(255, r"/[^\0\s]*"), "set": items(fields({"key": text(200, "[A-Za-z_][A-Za-z0-9_]*"), "values": items(text(1000), 20)}), 10)})
TYPES = {
    "approve": fields({**COMMON, "type": one_of("approve"), "change": CHANGE, "envelope": DIGEST, "shown": DIGEST}, {"typed": text(4096)}),
    "reject": fields({**COMMON, "type": one_of("reject"), "change": CHANGE, "envelope": DIGEST, "reason": REASON}),
    "waive": fields({**COMMON, "type": one_of("waive"), "change": CHANGE, "plan": DIGEST, "check": CHECK, "reason": REASON}),
    "standing": fields({**COMMON, "type": one_of("standing"), "playbook": one_of("service/1", "backup/1", "isolate/1", "config/1", "code/1", "command/1"), "playbookDigest": DIGEST, "service": NAME, "verb": one_of("restart", "reload", "backup", "isolate", "keys", "release", "command"), "unit": text(255), "perHour": number(1, 1000)}, {"limits": LIMITS, "bytes": DIGEST, "runs": items(EXECUTION, 20)}),
    "continue": fields({**COMMON, "type": one_of("continue"), "execution": EXECUTION, "action": STEP, "attempt": number(1, 1000), "choice": one_of("retry", "skip")}),
    "keep": fields({**COMMON, "type": one_of("keep"), "execution": EXECUTION}),
    "revoke": fields({**COMMON, "type": one_of("revoke"), "statement": DIGEST}),
    "acceptFork": fields({**COMMON, "type": one_of("acceptFork"), "size": number(0), "root": text(64)}),
    "glass": fields({**COMMON, "type": one_of("glass"), "verbs": items(one_of("restart", "reload", "start", "stop"), 4), "services": items(NAME, 20), "reason": REASON}, {"incident": text(200, r"INC-[0-9]{4}-[0-9]{4,}")}),
    "glassReview": fields({**COMMON, "type": one_of("glassReview"), "glass": DIGEST, "text": REASON}),
    "author": fields({**COMMON, "type": one_of("author"), "role": one_of("author"), "change": CHANGE, "plan": DIGEST}),
}


def statement(given):
    if units(given) > 16_384:
        raise Refused("long")
    value = read(given)
    if not isinstance(value, dict) or value.get("type") not in list(TYPES):
        raise Refused("type")
    TYPES[value["type"]](value)
    return value


def take(raw, at):
    size = struct.unpack(">I", raw[at : at + 4])[0]
    if at + 4 + size > len(raw):
        raise Refused("truncated")
    return raw[at + 4 : at + 4 + size], at + 4 + size


def wire(*parts):
    return b"".join(struct.pack(">I", len(one)) + one for one in parts)


def signer(armored, message):
    """The fingerprint of the Ed25519 key that signed, or None. PROTOCOL.sshsig."""
    try:
        lines = armored.strip("\n").split("\n")
        if lines[0] != "-----BEGIN SSH SIGNATURE-----" or lines[-1] != "-----END SSH SIGNATURE-----":
            return None
        raw = base64.b64decode("".join(lines[1:-1]), validate=True)
        if raw[:10] != b"SSHSIG\0\0\0\1":
            return None
        key, at = take(raw, 10)
        space, at = take(raw, at)
        reserved, at = take(raw, at)
        name, at = take(raw, at)
        blob, at = take(raw, at)
        kind, inner = take(key, 0)
        public, inner = take(key, inner)
        algorithm, tail = take(blob, 0)
        signature, tail = take(blob, tail)
    except (Refused, ValueError, struct.error):
        return None
    if at != len(raw) or inner != len(key) or tail != len(blob) or (kind, algorithm) != (b"ssh-ed25519",) * 2:
        return None
    if space != b"sekisho" or reserved != b"" or name not in (b"sha256", b"sha512"):
        return None
    hashed = hashlib.new(name.decode(), message).digest()
    if not ed25519_verify(public, b"SSHSIG" + wire(space, reserved, name, hashed), signature):
        return None
    return "SHA256:" + base64.b64encode(hashlib.sha256(key).digest()).decode().rstrip("=")


def sound(signed, policy, now):
    """Section 4: (code, None, None) or (None, statement, person and key)."""
    try:
        said = statement(signed["text"])
    except Refused:
        return "statement.malformed", None, None
    print_ = signer(signed["signature"], signed["text"].encode())
    if print_ is None:
        return "statement.signature_wrong", None, None
    by_author = said["type"] == "author"
    everybody = policy["agents"] + policy["people"]
    person = next((one for one in (everybody if by_author else policy["people"]) if one["id"] == said["approver"]), None)
    if person is None:
        return "statement.unknown_person", None, None
    key = next((one for one in person.get("keys", []) if one["fingerprint"] == print_), None)
    if key is None:
        return "statement.foreign_key", None, None
    if any(one["revoked"] and one["fingerprint"] == print_ for who in everybody for one in who.get("keys", [])):
        return "statement.key_revoked", None, None
    if not by_author and said["role"] not in person["roles"]:
        return "statement.role_not_held", None, None
    if milliseconds(said["at"]) > now + 60_000:
        return "statement.from_the_future", None, None
    if now > milliseconds(said["expires"]):
        return "statement.expired", None, None
    if by_author and milliseconds(said["expires"]) - milliseconds(said["at"]) > 7 * 86_400_000:
        return "statement.lives_too_long", None, None
    return None, said, (person, key)


def not_of_this_author(said, envelope):
    """Section 5: the author's own statement over the plan."""
    if said["change"] != envelope["change"]:
        return "statement.other_change"
    if said["plan"] != envelope["plan"]:
        return "statement.other_plan"
    return None if said["approver"] == envelope["author"] else "statement.other_author"


def counts(said, person, key, envelope, sealed, policy, rule, solo):
    """Section 5, the table."""
    if said["type"] != "approve":
        return "statement.wrong_type"
    if said["change"] != envelope["change"]:
        return "statement.other_change"
    if said["envelope"] != sealed:
        return "statement.other_envelope"
    at = milliseconds(said["at"])
    window = milliseconds(envelope["window"]["until"]) - at if "window" in envelope else 0
    longest = min(max(min(policy["rules"]["approvalSeconds"] * 1000, 86_400_000), window), 7 * 86_400_000)
    if envelope["tier"] == 3:
        longest = min(policy["rules"]["approvalSeconds"] * 1000, 3_600_000)
    if milliseconds(said["expires"]) - at > longest:
        return "statement.lives_too_long"
    if (envelope["playbook"] == "data/1" or envelope["tier"] == 3) and said.get("typed") != envelope["service"]:
        return "approval.not_typed"
    if said["role"] not in rule["roles"] or not holds(person, rule["roles"], envelope["service"]):
        return "approval.role_missing"
    if key["class"] not in rule["keys"]:
        return "approval.key_class"
    if policy["rules"]["level"] == "enforce" and policy["rules"]["agentUser"] == "shared" and key["class"] == "file":
        return "approval.shared_file_key"
    if any(one["id"] == person["id"] for one in policy["agents"]):
        return "agent.never_approves"
    named = misnamed(envelope, policy)
    if named or solo:
        return named
    inside = [person["id"] in works_for(one, policy) for one in envelope["editors"]]
    if person["id"] in envelope["editors"] or any(inside) and not all(inside):
        return "approval.own_change"
    return None


def works_for(name, policy):
    """An actor and whoever it works for, the actor first, as far as the policy leads and nobody twice."""
    chain = [name]
    while True:
        sponsor = next((one["sponsor"] for one in policy["agents"] if one["id"] == chain[-1]), None)
        if sponsor is None or sponsor in chain:
            return chain
        chain.append(sponsor)


def misnamed(envelope, policy):
    """Section 5: whom the envelope names, held against the policy."""
    agents = {one["id"]: one["sponsor"] for one in reversed(policy["agents"])}
    author, editors = envelope["author"], envelope["editors"]
    for name in [author, envelope["requester"], *([envelope["sponsor"]] if "sponsor" in envelope else []), *editors]:
        last = works_for(name, policy)[-1]
        if last in agents or all(one["id"] != last for one in policy["people"]):
            return "approval.unknown_author"
    order = lambda names: sorted(set(names), key=str.encode)
    if envelope.get("sponsor") != agents.get(author) or envelope["lineage"] != order(works_for(author, policy)):
        return "approval.lineage_wrong"
    return None if editors == order([author, *editors]) else "approval.lineage_wrong"


def count(question, envelope, alone):
    """Section 5. `alone`: one person is enough, and may be the author. The answer, and when each statement was signed."""
    policy, now = question["policy"], milliseconds(question["now"])
    sealed = digest("sekisho-envelope-v1", envelope)
    rule = policy["rules"]["tier%d" % min(envelope["tier"], 2)]
    if envelope["tier"] == 3:
        rule = {**rule, "approvals": max(2, rule["approvals"])}
    solo = envelope["tier"] != 3 and len(approvers(policy, envelope["service"])) == 1
    counted, signed_at, by_author, nonces, groups = {}, [], [], set(), {}
    for signed in question["statements"]:
        code, said, who = sound(signed, policy, now)
        if said and said["type"] == "author":
            code = not_of_this_author(said, envelope)
            if code:
                return {"code": code}, []
            by_author.append(who[1])
            continue
        code = code or counts(said, *who, envelope, sealed, policy, rule, solo or alone)
        if code:
            return {"code": code}, []
        counted[who[0]["id"]] = who[1]
        groups[who[0]["id"]] = who[0].get("group", ("nobody else", who[0]["id"]))
        if said["nonce"] not in nonces:
            signed_at.append(milliseconds(said["at"]))
        nonces.add(said["nonce"])
    if not (solo or alone):
        if not by_author:
            return {"code": "approval.author_unsigned"}, []
        if {key["fingerprint"] for key in by_author} & {key["fingerprint"] for key in counted.values()}:
            return {"code": "approval.own_change"}, []
    needed = 1 if alone else max(1 if solo else rule["approvals"], envelope["approvals"]["count"])
    if len({key["fingerprint"] for key in counted.values()}) < needed:
        return {"code": "approval.not_enough"}, []
    if envelope["tier"] == 3 and not alone and len(set(groups.values())) == 1:
        return {"code": "approval.same_group"}, []
    demo = any(key["demo"] for key in [*counted.values(), *by_author])
    return {"approvers": list(counted), "solo": solo or alone, "demo": demo}, signed_at


def enough(question):
    envelope = read(question["envelope"])
    ENVELOPE(envelope)
    together, _ = count(question, envelope, False)
    rule, waiting = question["policy"]["rules"].get("alone"), question.get("waiting") or {}
    if "code" not in together or together["code"] not in ("approval.own_change", "approval.not_enough", "approval.author_unsigned", "approval.same_group"):
        return together
    pause = rule["afterSeconds"] if rule is not None and envelope["tier"] in rule["tiers"] else None
    if envelope["tier"] == 3:
        if pause is None and len(approvers(question["policy"], envelope["service"])) == 1:
            pause = 600
        pause = pause if pause is None else max(600, pause)
    if pause is None or envelope["class"] != "normal":
        return together
    if "stored" not in waiting or waiting["rejected"]:
        return together
    alone, signed_at = count(question, envelope, True)
    start = milliseconds(waiting["stored"]) + pause * 1000
    if "code" not in alone and envelope["tier"] == 3:
        now = milliseconds(question["now"])
        if len(signed_at) > 1 and max(signed_at) >= start and now >= start:
            return alone
        return {"code": "approval.second_later" if now < start else "approval.second_missing"}
    if "code" in alone or min(signed_at + [milliseconds(question["now"])]) >= start:
        return alone
    return {"code": "approval.alone_later"} if together["code"] == "approval.own_change" else together


# --- questions -------------------------------------------------------------------------------------------------------------------


def answer(question):
    asked = question["ask"]
    if asked == "canonical":
        return {"same": write(read(question["text"])) == question["text"]}
    if asked == "digest":
        return {"digest": digest(question["label"], read(question["text"]))}
    if asked == "plan":
        plan = read(question["text"])
        PLAN(plan)
        return {"digest": digest("sekisho-plan-v1", plan), "tier": tier(plan), "standing": standing(plan)}
    if asked == "envelope":
        envelope = read(question["text"])
        ENVELOPE(envelope)
        sealed = digest("sekisho-envelope-v1", envelope)
        four, eight = words(sealed)
        return {"digest": sealed, "words": four, "hex": eight}
    if asked == "statement":
        said = statement(question["text"])
        by_whom = signer(question["signature"], question["text"].encode()) if "signature" in question else None
        return {"digest": digest("sekisho-statement-v1", said), "fingerprint": by_whom}
    if asked == "deciding":
        return {"digest": deciding(question["policy"], question["service"])}
    if asked == "enough":
        return enough(question)
    raise ValueError(asked)


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            print(json.dumps(answer(json.loads(line))))
        except Refused as why:
            print(json.dumps({"refused": str(why)}))
