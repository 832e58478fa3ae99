"""Functions and procedures of other packages.

A package names a module of its own in the entry-point group `memgraph_py.plugins`; the module registers what it has
with the decorators of ``functions/registry.py`` when it is imported. Source: Python Packaging User Guide, "Entry
points".
"""

import logging
from importlib.metadata import entry_points

from memgraph_py.errors import StartupError

logger = logging.getLogger(__name__)

GROUP = "memgraph_py.plugins"


def load_plugins() -> None:
    """Import the plug-ins that are installed, by name; one that is imported already is left alone.

    Raises StartupError that names the plug-in which cannot be imported, or has a name that is taken.
    """
    for plugin in sorted(entry_points(group=GROUP), key=lambda plugin: plugin.name):
        try:
            plugin.load()
        except (ArithmeticError, AttributeError, ImportError, LookupError, NameError, OSError, RuntimeError,
                SyntaxError, TypeError, ValueError) as error:  # fmt: skip
            raise StartupError(
                f"the plug-in '{plugin.name}' ({plugin.value}) cannot be loaded: {type(error).__name__}: {error}",
                hint="mend it or uninstall it",
            ) from error
        logger.info("plug-in loaded", extra={"plugin": plugin.name})
