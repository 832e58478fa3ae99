"""Installs a plug-in's package into a folder, as pip does for one of pure Python: its modules and its metadata."""

import shutil
import tomllib
from pathlib import Path


def install(package: Path, folder: Path) -> None:
    """From then on `importlib.metadata` finds the package where the folder is in `sys.path`."""
    project = tomllib.loads((package / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    folder.mkdir(exist_ok=True)
    for module in package.glob("*.py"):
        shutil.copy(module, folder)
    name, version = project["name"], project["version"]
    metadata = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    groups = [
        f"[{group}]\n" + "".join(f"{point} = {value}\n" for point, value in points.items())
        for group, points in project["entry-points"].items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")
