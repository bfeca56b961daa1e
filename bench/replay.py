"""An engine that reads its document and does nothing: it hands out what the real one made before."""

from __future__ import annotations

from pathlib import Path

_SCRIPT = """\
#!/bin/sh
job=cv
dumps=
for argument; do
    case $argument in
        --version) exec '{engine}' --version ;;
        -jobname=*) job=${{argument#*=}} ;;
        -ini) dumps=yes ;;
    esac
done
cat "$job.tex" >/dev/null 2>&1
if [ "$dumps" ]; then
    echo "made up" > "$job.fmt"
    echo "made up" > "$job.log"
    cp '{made}'/cv.fl[s] .
    exit 0
fi
cp '{made}'/cv.[aflop]* .
"""


def replaying(folder: Path, engine: str, made: Path) -> Path:
    """Write it as pdflatex into a folder for the search path; `made` holds what it hands out."""
    program = folder / "pdflatex"
    program.write_text(_SCRIPT.format(engine=engine, made=made), encoding="utf-8")
    program.chmod(0o755)
    return folder
