"""Settings from flags and environment."""

import argparse
from dataclasses import fields
from pathlib import Path

import pytest

from memgraph_py.cli.serve import add_arguments
from memgraph_py.config import DESCRIPTIONS, Settings, settings_from
from memgraph_py.errors import StartupError


def test_nothing_given_gives_the_defaults() -> None:
    settings = settings_from({"bolt_port": None}, {"PATH": "/bin"})
    assert settings == Settings()
    assert (settings.bolt_address, settings.bolt_port, settings.http_port) == ("127.0.0.1", 7687, 7474)
    assert settings.data_directory == Path("memgraph-data")


def test_a_flag_wins_over_the_environment() -> None:
    settings = settings_from({"bolt_port": "1"}, {"MEMGRAPH_BOLT_PORT": "2", "MEMGRAPH_HTTP_PORT": "none"})
    assert (settings.bolt_port, settings.http_port) == (1, None)


def test_every_setting_can_be_given() -> None:
    settings = settings_from(
        {},
        {
            "MEMGRAPH_BOLT_ADDRESS": "[::1]",
            "MEMGRAPH_BOLT_PORT": "0",
            "MEMGRAPH_HTTP_ADDRESS": "localhost",
            "MEMGRAPH_HTTP_PORT": "65535",
            "MEMGRAPH_DATA_DIRECTORY": "/data",
            "MEMGRAPH_LOG_LEVEL": "DEBUG",
            "MEMGRAPH_ALLOW_UNSANDBOXED_TRANSFORMS": "yes",
            "MEMGRAPH_TRANSFORM_HOSTS": "a.example, b.example,",
            "MEMGRAPH_TRANSFORM_DIRECTORY": "/scripts",
        },
    )
    assert settings == Settings(
        bolt_address="::1",
        bolt_port=0,
        http_address="localhost",
        http_port=65535,
        data_directory=Path("/data"),
        log_level="debug",
        allow_unsandboxed_transforms=True,
        transform_hosts=("a.example", "b.example"),
        transform_directory=Path("/scripts"),
    )


@pytest.mark.parametrize(
    ("flags", "environment", "message"),
    [
        ({"bolt_port": "seven"}, {}, "invalid value 'seven' for --bolt-port"),
        ({"bolt_port": "65536"}, {}, "invalid value '65536' for --bolt-port"),
        ({"bolt_port": "-1"}, {}, "invalid value '-1' for --bolt-port"),
        ({"bolt_port": "none"}, {}, "invalid value 'none' for --bolt-port"),
        ({}, {"MEMGRAPH_HTTP_PORT": ""}, "invalid value '' for MEMGRAPH_HTTP_PORT"),
        ({"bolt_address": "http://x"}, {}, "invalid value 'http://x' for --bolt-address"),
        ({"log_level": "loud"}, {}, "invalid value 'loud' for --log-level"),
        ({"data_directory": ""}, {}, "invalid value '' for --data-directory"),
        ({}, {"MEMGRAPH_ALLOW_UNSANDBOXED_TRANSFORMS": "maybe"}, "invalid value 'maybe' for MEMGRAPH_ALLOW"),
    ],
)
def test_a_wrong_value_names_its_source(
    flags: dict[str, str | None], environment: dict[str, str], message: str
) -> None:
    with pytest.raises(StartupError) as raised:
        settings_from(flags, environment)
    assert raised.value.message.startswith(message)
    assert raised.value.hint is not None and raised.value.hint.startswith("it takes ")


def test_every_setting_has_a_flag_and_a_description() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    flags = {action.dest: action.help for action in parser._actions if action.dest != "help"}
    names = {field.name for field in fields(Settings)} - {"limits"}
    assert flags.keys() == DESCRIPTIONS.keys() == names
    assert all(DESCRIPTIONS[name] in str(flags[name]) for name in names)
