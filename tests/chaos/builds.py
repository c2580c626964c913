"""Two builds of Followthrough: the one here, and a newer one with a new optional field and a patched step."""

import shutil
from pathlib import Path

HERE = Path(__file__).parents[2]
NEW_FIELD = "finished_with"

CHANGES = {
    "followthrough/domain/replayed/item/action_item.py": (
        "    reminders: list[Moment] = Field(default_factory=list)\n",
        f"    {NEW_FIELD}: str | None = None\n",
    ),
    "workflows/action_item.py": (
        "        command.apply(self._item, workflow.now())\n",
        "        if command.command == 'done' and workflow.patched('a-breath-before-it-is-done'):\n"
        "            await workflow.sleep(0.01)\n"
        f"            self._item.{NEW_FIELD} = 'the newer build'\n",
    ),
}
"""Files, a line that is there once, and what is added behind it."""


def newer_build(folder: Path) -> Path:
    """Makes it in ``folder``, from what is here."""
    for package in ("followthrough", "workflows", "activities"):
        shutil.copytree(HERE / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HERE / "worker.py", folder)
    for name, (line, added) in CHANGES.items():
        text = (folder / name).read_text()
        assert text.count(line) == 1, f"{name} has changed; name another line"
        (folder / name).write_text(text.replace(line, line + added))
    return folder
