"""``python -m analysis``."""

from .cli import main

main()
