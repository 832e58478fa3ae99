"""How the clauses may be written: case, white space, options, parameters, names."""

import pytest

from tests.contract.room import RECORD, Room


@pytest.fixture(scope="module")
def topic(room: Room) -> str:
    """One with three messages."""
    return room.topic(b"1", b"2", b"3")


@pytest.fixture(scope="module")
def transform(room: Room) -> str:
    """The address of a script that passes the messages on."""
    return room.script("def stream(batch): return [('RETURN $v', {'v': m.decode()}) for m in batch]")


@pytest.mark.parametrize(
    "options",
    [
        "BATCH_INTERVAL 20 BATCH_SIZE 2",
        "BATCH_SIZE 2 BATCH_INTERVAL 20",
        "BATCH INTERVAL 20 BATCH SIZE 2",
        "BATCH SIZE 2 BATCH INTERVAL 20",
        "batch_size 2\n\tBatch   Interval\n20",
        "BATCH_SIZE $two BATCH INTERVAL $twenty",
    ],
)
def test_the_options_in_either_order_and_spelling(room: Room, topic: str, transform: str, options: str) -> None:
    name = room.name()
    room.rows(room.create_text(name, topic, transform, options), two=2, twenty=20)
    facts = room.facts(name)
    assert (facts["batch interval"], facts["batch size"]) == (20, 2)


@pytest.mark.parametrize("end", ["", ";", " ;\n", "\n\n;  "])
def test_a_trailing_semicolon_and_white_space_are_allowed(room: Room, topic: str, transform: str, end: str) -> None:
    name = room.name()
    room.rows(room.create_text(name, topic, transform).replace(" ", "\n \t") + end)
    for command in ("START STREAM", "STOP STREAM", "TEST STREAM", "SHOW STREAM", "DROP STREAM"):
        room.rows(f"{command.replace(' ', chr(10))}\t{name}{end}")
    for command in ("START ALL STREAMS", "STOP ALL STREAMS", "SHOW STREAMS"):
        room.rows(f"{command.replace(' ', '  ')}{end}")
    assert name not in room.names()


def test_keywords_in_any_case(room: Room, topic: str, transform: str) -> None:
    name = room.name()
    text = room.create_text("NAME", "TOPIC", "TRANSFORM", "BATCH_SIZE 1 BATCH_INTERVAL 50").lower()
    text = text.replace("'topic'", f"'{topic}'").replace("'transform'", f"'{transform}'").replace("stream name", name)
    room.rows(text.replace(name, f"Stream {name}"))
    room.rows(f"sTART sTREAM {name} limit 1 Batches")
    room.rows(f"Stop stream {name}")
    room.rows(f"test Stream {name} Limit 1 batches")
    room.rows("start all streams")
    room.rows("Stop All Streams")
    assert name in [row[0] for row in room.rows("show streams")]
    room.rows(f"drop stream {name}")


def test_stream_names_are_case_sensitive(room: Room, topic: str, transform: str) -> None:
    for name in ("Sensitive", "sensitive", "SENSITIVE"):
        room.create(topic, transform, name=name)
    room.rows("DROP STREAM sensitive")
    assert room.refusal("START STREAM sensitive") == "Kafka stream sensitive doesn't exist."
    assert {"Sensitive", "SENSITIVE"} <= set(room.names())


def test_backticks_are_allowed(room: Room, topic: str, transform: str) -> None:
    for name in ("with blank", "1st", "ünï-cødé", "tick``ed"):
        room.create(topic, transform, name=f"`{name}`")
        shown = name.replace("``", "`")
        assert shown in room.names()
        assert len(room.rows(f"TEST STREAM `{name}`")) == 3
        assert room.refusal(f"CREATE STREAM `{name}` AS LOAD DATA KAFKA 'h:1' WITH TOPIC 't' WITH TRANSFORM 'x'") == (
            f"Kafka stream {shown} already exists."
        )
        room.rows(f"DROP STREAM `{name}`")


def test_all_as_a_name_needs_backticks(room: Room, topic: str, transform: str) -> None:
    for statement in ("START STREAM all", "DROP STREAM ALL", room.create_text("All", topic, transform)):
        assert "write `" in room.refusal(statement)
    room.create(topic, transform, name="`ALL`")
    room.rows("START STREAM `ALL`")
    room.rows("DROP STREAM `ALL`")


@pytest.mark.parametrize(
    "name", ["stream", "streams", "kafka", "batches", "topic", "transform", "data", "start", "test"]
)
def test_words_of_the_clauses_are_names_of_streams(room: Room, topic: str, transform: str, name: str) -> None:
    room.create(topic, transform, name=name)
    room.rows(f"START STREAM {name} LIMIT 1 BATCHES")
    room.rows(f"DROP STREAM {name}")


def test_words_of_the_clauses_stay_usable_as_names(room: Room) -> None:
    given = "MATCH (start {topic: 1}) RETURN start.test AS data, stop, stream, count, order"
    assert "not defined" in room.refusal(given)  # it parses; the variables of the contract's example are not bound
    bound = "WITH 1 AS stop, 2 AS stream, 3 AS count, 4 AS order "
    assert room.rows(bound + "OPTIONAL " + given) == [[None, 1, 2, 3, 4]]
    words = "stream streams kafka load data topic transform batch batches batch_size batch_interval start stop test all"
    for word in words.split():
        assert room.rows(f"UNWIND [{{{word}: 1}}] AS {word} RETURN {word}.{word} AS {word}") == [[1]]
        room.rows(f"MATCH ({word}:{word} {{{word}: 1}})-[:{word}]->() RETURN {word}")


def test_a_parameter_may_stand_wherever_a_literal_does(room: Room, topic: str) -> None:
    name = room.name()
    room.rows(
        f"CREATE STREAM {name} AS LOAD DATA KAFKA $uri WITH TOPIC $topic WITH TRANSFORM $script "
        "BATCH_INTERVAL $interval BATCH_SIZE $size",
        uri=room.broker.address,
        topic=topic,
        script=room.script(RECORD.replace("STREAM", name)),
        interval=50,
        size=2,
    )
    assert [params["values"] for _, params in room.rows(f"TEST STREAM {name} LIMIT $n BATCHES", n=2)] == [
        ["1", "2"],
        ["3"],
    ]
    room.rows(f"START STREAM {name} LIMIT $n BATCHES", n=1)
    room.wait_for_status(name, "stopped")
    assert room.batches(name) == [["1", "2"]]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"uri": 5}, "LOAD DATA KAFKA takes a string"),
        ({"topic": None}, "WITH TOPIC takes a string"),
        ({"script": ["x"]}, "WITH TRANSFORM takes a string"),
        ({"size": "2"}, "BATCH_SIZE takes a positive integer"),
        ({"interval": True}, "BATCH_INTERVAL takes a positive integer"),
    ],
)
def test_a_parameter_of_a_wrong_type_is_a_clear_error(room: Room, changes: dict[str, object], text: str) -> None:
    given: dict[str, object] = {"uri": "h:1", "topic": "t", "script": "http://h/t.py", "size": 1, "interval": 1}
    refused = room.refusal(
        "CREATE STREAM s AS LOAD DATA KAFKA $uri WITH TOPIC $topic WITH TRANSFORM $script "
        "BATCH_INTERVAL $interval BATCH_SIZE $size",
        **{**given, **changes},
    )
    assert refused.startswith(text)


@pytest.mark.parametrize("limit", ["0", "-3", "1.5", "'1'", "null"])
@pytest.mark.parametrize("command", ["START", "TEST"])
def test_a_limit_is_a_positive_integer(room: Room, topic: str, transform: str, command: str, limit: str) -> None:
    assert "LIMIT takes a positive integer" in room.refusal(f"{command} STREAM any LIMIT {limit} BATCHES")


def test_a_missing_parameter_is_named(room: Room) -> None:
    assert "missing" in room.refusal("START STREAM any LIMIT $missing BATCHES")
