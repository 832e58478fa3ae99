"""`python -m memgraph_py serve | shell | demo | transform`."""

import sys

from memgraph_py.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
