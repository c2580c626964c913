"""Commands about people from a directory."""

from pathlib import Path
from typing import Annotated, Any

import typer

from followthrough.cli.api import AsJson, call, fail, say, show

app = typer.Typer(no_args_is_help=True, help="People from where they are kept.")


@app.callback()
def directory() -> None:
    """People from where they are kept."""


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="CSV with the columns key, name, email, manager, team, …")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change")] = False,
    even_if_many_leave: Annotated[
        bool, typer.Option("--even-if-many-leave", help="Also when more than five and more than a fifth leave at once")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take people over from a CSV file, all of it or nothing. Who is not in it any more has left."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        fail(f"{file} can't be read ({error.strerror}).", 2)
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8 text; save it as CSV UTF-8.", 2)
    body = {"csv": text, "dry_run": dry_run, "even_if_many_leave": even_if_many_leave}
    show(call("POST", "/directory/import", body=body, keyed=True), as_json, described)


@app.command("let-leave")
def let_leave() -> None:
    """Let those leave whom the directory made inactive, and who are held back since they are so many."""
    left = call("POST", "/directory/let-leave", keyed=True)["people"]
    say(f"{left} {'has' if left == 1 else 'have'} left now." if left else "Nobody was held back.")


def described(imported: dict[str, Any]) -> str:
    """A line for each change, and what it comes to."""
    done = "Nothing was changed yet." if imported["dry_run"] else "All of it is taken over."
    done = imported.get("refused") or done
    changes = imported["changes"] or ["Everybody is as before."]
    return "\n".join([*changes, f"{imported['people']} people in the file. {done}"])
