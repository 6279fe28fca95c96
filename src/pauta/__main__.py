"""``python -m pauta``."""

from pauta.cli.app import main

main()
