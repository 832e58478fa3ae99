"""What OPTIONS of an index or a constraint may say. The provider is ours, which Neo4j calls so too; there is nothing to
configure. Source: Neo4j Cypher manual, "Create indexes", "Setting options"."""

from collections.abc import Mapping


def fault(options: Mapping[str, object], of: str) -> tuple[str, str, str] | None:
    """The name of an option that is not taken, why, and what to do. Values are Python's, or anything else where they
    are no such. of: what has the options, in words."""
    for name, value in options.items():
        match name, value:
            case "indexProvider", _:
                if value != "range-1.0":
                    return name, f"this is no provider of {of}", "the provider is 'range-1.0'"
            case "indexConfig", dict():
                if value:
                    return name, f'{of} has no setting "{next(iter(value))}"', "indexConfig is {}"
            case "indexConfig", _:
                return name, "indexConfig is a map", "write indexConfig: {}"
            case _:
                return name, f'{of} has no option "{name}"', "the options are indexProvider and indexConfig"
    return None
