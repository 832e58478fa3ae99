"""The checks of ../README.md with the official driver: `python main.py bolt://… bolt://… 5.8`.

It needs nothing but the driver. It prints `ok` and the name of each check, or what differs, and then ends with 1.
"""

import sys

import failures
import results
import transactions
import values
from checks import Context, Difference, expect
from connections import CONNECTIONS
from neo4j import GraphDatabase, __version__

CHECKS = {**CONNECTIONS, **values.CHECKS, **transactions.CHECKS, **results.CHECKS, **failures.CHECKS}


def main(uri: str, telemetry_uri: str, version: str) -> int:
    """Run all checks; gives the exit status."""
    print("driver", __version__)
    with GraphDatabase.driver(uri, auth=("anyone", "anything"), fetch_size=100) as driver:
        context = Context(driver, uri, telemetry_uri, version)
        for name, check in CHECKS.items():
            driver.execute_query("MATCH (n) DETACH DELETE n")
            try:
                check(context)
            except Exception as error:
                print(f"differs: {name}: {type(error).__name__}: {error}", file=sys.stderr)
                if not isinstance(error, Difference):
                    raise
                return 1
            print("ok", name, flush=True)
        expect(driver.execute_query("RETURN 1 AS one").records[0]["one"], 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
