"""Run the command line with ``python -m parapluie``."""

from parapluie.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
