"""What scripts rightly do works under all layers, at every post."""

import base64
import gzip
import json
import struct
import zlib
from importlib.util import find_spec
from typing import Any

import pytest

from tests.sandbox.posts import HostProcess


def answers(host: HostProcess, source: str, *batches: list[str]) -> list[list[Any]]:
    """[query, parameters] of all batches."""
    answer = host.run(source, batches=list(batches) or [["1"]], limits={"transform_batch_seconds": 60.0})
    assert answer["fault"] is None, answer["fault"]
    given = answer["answers"]
    assert isinstance(given, list)
    return given


def test_json(host: HostProcess) -> None:
    source = "import json\ndef stream(batch):\n    return [('CREATE (:E $e)', {'e': json.loads(m)}) for m in batch]\n"
    event = {"name": "Ada", "tags": ["a", None, True], "deep": {"x": 1.5}, "n": -(2**63)}
    assert answers(host, source, [json.dumps(event)]) == [["CREATE (:E $e)", {"e": event}]]


def test_csv(host: HostProcess) -> None:
    source = (
        "import csv, io\n"
        "def stream(batch):\n"
        "    rows = csv.DictReader(io.StringIO(b'\\n'.join(batch).decode()), fieldnames=['id', 'text'])\n"
        "    return [('CREATE (:R {id: $id, text: $text})', dict(row)) for row in rows]\n"
    )
    given = answers(host, source, ['1,"a, ""quoted"""', "2,b"])
    assert [parameters for _, parameters in given] == [{"id": "1", "text": 'a, "quoted"'}, {"id": "2", "text": "b"}]


def test_numpy(host: HostProcess) -> None:
    source = (
        "import numpy as np\n"
        "def stream(batch):\n"
        "    v = np.array([float(m) for m in batch])\n"
        "    inverse = np.linalg.inv(np.diag(v))\n"
        "    return [('Q', {'mean': float(v.mean()), 'all': (v @ inverse).tolist(), 'draw': "
        "int(np.random.default_rng(7).integers(1, 2))})]\n"
    )
    assert answers(host, source, ["1", "2", "3"]) == [["Q", {"mean": 2.0, "all": [1.0, 1.0, 1.0], "draw": 1}]]


def test_protobuf(host: HostProcess) -> None:
    if find_spec("google") is None or find_spec("google.protobuf") is None:
        pytest.skip("protobuf is not installed")
    source = (
        "import base64\n"
        "from google.protobuf import descriptor_pb2, descriptor_pool, message_factory\n"
        "file = descriptor_pb2.FileDescriptorProto(name='p.proto', package='p', syntax='proto3')\n"
        "person = file.message_type.add(name='Person')\n"
        "person.field.add(name='name', number=1, type=9, label=1)\n"
        "person.field.add(name='age', number=2, type=5, label=1)\n"
        "pool = descriptor_pool.DescriptorPool()\n"
        "pool.Add(file)\n"
        "Person = message_factory.GetMessageClass(pool.FindMessageTypeByName('p.Person'))\n"
        "def stream(batch):\n"
        "    people = [Person.FromString(base64.b64decode(m)) for m in batch]\n"
        "    return [('CREATE (:Person {name: $name, age: $age})', {'name': p.name, 'age': p.age}) for p in people]\n"
    )
    message = base64.b64encode(b"\x0a\x04Gr\xc3\xbc\x10\x2a").decode()
    assert answers(host, source, [message])[0][1] == {"name": "Grü", "age": 42}


def test_avro(host: HostProcess) -> None:
    if find_spec("fastavro") is None:
        pytest.skip("fastavro is not installed")
    source = (
        "import base64, io\n"
        "import fastavro\n"
        "schema = fastavro.parse_schema({'type': 'record', 'name': 'P', 'fields': [\n"
        "    {'name': 'name', 'type': 'string'}, {'name': 'age', 'type': ['null', 'long']}]})\n"
        "def stream(batch):\n"
        "    opened = [io.BytesIO(base64.b64decode(m)) for m in batch]\n"
        "    return [('CREATE (:P $p)', {'p': fastavro.schemaless_reader(m, schema, None)}) for m in opened]\n"
    )
    message = base64.b64encode(b"\x06Ada\x02\x54").decode()
    assert answers(host, source, [message])[0][1] == {"p": {"name": "Ada", "age": 42}}


def test_dates_and_zones(host: HostProcess) -> None:
    source = (
        "from datetime import datetime, timedelta, timezone\n"
        "from zoneinfo import ZoneInfo\n"
        "def stream(batch):\n"
        "    at = datetime.fromisoformat(batch[0].decode()).astimezone(ZoneInfo('Europe/Berlin'))\n"
        "    now = datetime.now(timezone.utc)\n"
        "    return [('Q', {'at': at.isoformat(), 'zone': at.tzname(), 'later': (at + timedelta(days=1)).isoformat(), "
        "'now': datetime.now().year >= 2024 and now.timestamp() > 0, 'month': at.strftime('%B')})]\n"
    )
    given = answers(host, source, ["2026-07-01T12:00:00+00:00"])
    assert given[0][1] == {
        "at": "2026-07-01T14:00:00+02:00",
        "zone": "CEST",
        "later": "2026-07-02T14:00:00+02:00",
        "now": True,
        "month": "July",
    }


def test_imports_inside_the_function(host: HostProcess) -> None:
    source = (
        "def stream(batch):\n"
        "    import statistics, xml.etree.ElementTree as tree, urllib.parse, html, configparser, tomllib, sqlite3\n"
        "    import email.message, secrets, heapq, bisect, textwrap, difflib, ipaddress, calendar, locale, inspect\n"
        "    root = tree.fromstring(batch[0].decode())\n"
        "    return [('Q', {'v': statistics.mean(float(e.text) for e in root), 'u': urllib.parse.quote('a b')})]\n"
    )
    assert answers(host, source, ["<r><v>1</v><v>3</v></r>"]) == [["Q", {"v": 2.0, "u": "a%20b"}]]


def test_globals_are_kept_between_batches(host: HostProcess) -> None:
    source = (
        "seen = {}\ncount = 0\n"
        "def stream(batch):\n"
        "    global count\n"
        "    count += len(batch)\n"
        "    new = [m for m in batch if seen.setdefault(m, count) == count]\n"
        "    return [('Q', {'count': count, 'new': len(new)})]\n"
    )
    given = answers(host, source, ["a", "b"], ["b"], ["c"])
    assert [parameters for _, parameters in given] == [
        {"count": 2, "new": 2},
        {"count": 3, "new": 0},
        {"count": 4, "new": 1},
    ]


def test_generators_within(host: HostProcess) -> None:
    source = (
        "import itertools\n"
        "def queries(batch):\n"
        "    for pair in zip(batch, batch[1:]):\n"
        "        yield 'Q', {'pair': [m.decode() for m in pair]}\n"
        "def stream(batch):\n"
        "    return list(itertools.islice(queries(batch), 2))\n"
    )
    assert answers(host, source, ["a", "b", "c", "d"]) == [["Q", {"pair": ["a", "b"]}], ["Q", {"pair": ["b", "c"]}]]


def test_a_generator_itself_is_not_a_list(host: HostProcess) -> None:
    """The contract: a list."""
    fault = host.run("def stream(batch):\n    yield 'Q', {}\n")["fault"]
    assert "stream() must return a list of (query, parameters), not generator" in str(fault)


def test_unicode(host: HostProcess) -> None:
    source = (
        "import unicodedata\n"
        "def stream(batch):\n"
        "    größe = [m.decode() for m in batch]\n"
        "    return [(f'CREATE (:`Städte` {{name: $name}}) // {n}', "
        "{'name': unicodedata.normalize('NFC', n), 'ключ': '鍵'}) for n in größe]\n"
    )
    given = answers(host, source, ["Zu\u0308rich 🏔"])
    assert given == [["CREATE (:`Städte` {name: $name}) // Zu\u0308rich 🏔", {"name": "Zürich 🏔", "ключ": "鍵"}]]


def test_helpers_in_one_file(host: HostProcess) -> None:
    source = (
        "from __future__ import annotations\n"
        "import enum, typing\n"
        "from collections import Counter, defaultdict, namedtuple\n"
        "from dataclasses import asdict, dataclass, field\n"
        "from functools import lru_cache, reduce\n"
        "class Kind(enum.IntEnum):\n    NODE = 1\n    EDGE = 2\n"
        "class Row(typing.NamedTuple):\n    text: str\n    kind: Kind\n"
        "@dataclass\nclass Event:\n    name: str\n    counts: dict[str, int] = field(default_factory=dict)\n"
        "@lru_cache(maxsize=10)\ndef parse(text: str) -> Event:\n"
        "    return Event(text, dict(Counter(text)))\n"
        "def stream(batch: list[bytes]) -> list[tuple[str, dict]]:\n"
        "    groups = defaultdict(list)\n"
        "    for m in batch:\n        groups[Kind.NODE].append(Row(m.decode(), Kind.NODE))\n"
        "    return [('Q', {'event': asdict(parse(row.text)), 'kind': row.kind}) for row in groups[Kind.NODE]]\n"
    )
    assert answers(host, source, ["aab"]) == [["Q", {"event": {"name": "aab", "counts": {"a": 2, "b": 1}}, "kind": 1}]]


def test_regular_expressions(host: HostProcess) -> None:
    source = (
        "import re\n"
        "LINE = re.compile(rb'(?P<user>\\w+) (?P<verb>follows|likes) (?P<target>\\w+)')\n"
        "def stream(batch):\n"
        "    found = [LINE.fullmatch(m).groupdict() for m in batch]\n"
        "    return [('Q', {k: v.decode() for k, v in f.items()}) for f in found]\n"
    )
    assert answers(host, source, ["ada follows bob"]) == [["Q", {"user": "ada", "verb": "follows", "target": "bob"}]]


def test_exact_numbers_as_text(host: HostProcess) -> None:
    source = (
        "from decimal import Decimal, getcontext\n"
        "from fractions import Fraction\n"
        "import math\n"
        "getcontext().prec = 50\n"
        "def stream(batch):\n"
        "    a, b = (Decimal(m.decode()) for m in batch)\n"
        "    return [('Q', {'sum': str(a + b), 'third': str(Fraction(1, 3) + 1), 'root': math.isqrt(10 ** 20)})]\n"
    )
    assert answers(host, source, ["0.1", "0.2"]) == [["Q", {"sum": "0.3", "third": "4/3", "root": 10**10}]]


def test_packed_formats(host: HostProcess) -> None:
    source = (
        "import base64, bz2, gzip, lzma, struct, zlib\n"
        "def stream(batch):\n"
        "    raw = base64.b64decode(batch[0])\n"
        "    number, = struct.unpack_from('<q', raw)\n"
        "    length = raw[8]\n"
        "    text = zlib.decompress(raw[9:9 + length])\n"
        "    more = gzip.decompress(raw[9 + length:])\n"
        "    same = lzma.decompress(lzma.compress(b'x')) + bz2.decompress(bz2.compress(b'y'))\n"
        "    return [('Q', {'n': number, 'text': text.decode(), 'more': more.decode(), 'same': same.decode()})]\n"
    )
    packed = zlib.compress(b"zlib")
    message = struct.pack("<qB", -7, len(packed)) + packed + gzip.compress(b"gzip")
    expected = {"n": -7, "text": "zlib", "more": "gzip", "same": "xy"}
    assert answers(host, source, [base64.b64encode(message).decode()]) == [["Q", expected]]


def test_hashes_and_chance(host: HostProcess) -> None:
    source = (
        "import hashlib, hmac, os, random, secrets, uuid\n"
        "def stream(batch):\n"
        "    digest = hashlib.sha256(batch[0]).hexdigest()[:8]\n"
        "    mac = hmac.new(b'k', batch[0], 'sha1').hexdigest()[:8]\n"
        "    ids = {str(uuid.uuid4()) for _ in range(3)} | {secrets.token_hex(8), os.urandom(4).hex()}\n"
        "    named = str(uuid.uuid5(uuid.NAMESPACE_URL, batch[0].decode()))[:8]\n"
        "    return [('Q', {'digest': digest, 'mac': len(mac), 'ids': len(ids), 'named': len(named), "
        "'draw': random.Random(1).randint(0, 9)})]\n"
    )
    expected = {"digest": "ca978112", "mac": 8, "ids": 5, "named": 8, "draw": 2}
    assert answers(host, source, ["a"]) == [["Q", expected]]


def test_errors_that_a_script_handles_itself(host: HostProcess) -> None:
    source = (
        "import json\n"
        "def stream(batch):\n"
        "    good, bad = [], 0\n"
        "    for m in batch:\n"
        "        try:\n            good.append(('Q', {'v': json.loads(m)['v']}))\n"
        "        except (json.JSONDecodeError, KeyError, UnicodeDecodeError):\n            bad += 1\n"
        "    return good + [('BAD', {'count': bad})]\n"
    )
    assert answers(host, source, ['{"v": 1}', "{", "{}"]) == [["Q", {"v": 1}], ["BAD", {"count": 2}]]


def test_what_the_process_may_know_of_itself(host: HostProcess) -> None:
    source = (
        "import gc, os, platform, resource, sys, time\n"
        "def stream(batch):\n"
        "    gc.collect()\n"
        "    usage = resource.getrusage(resource.RUSAGE_SELF)\n"
        "    started = time.perf_counter(); time.sleep(0.001)\n"
        "    return [('Q', {'memory': usage.ru_maxrss > 0, 'slept': time.perf_counter() > started, "
        "'cores': os.cpu_count() > 0, 'version': sys.version_info >= (3, 11), 'system': platform.system()})]\n"
    )
    expected = {"memory": True, "slept": True, "cores": True, "version": True, "system": "Linux"}
    assert answers(host, source) == [["Q", expected]]
