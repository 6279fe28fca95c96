"""What a worker lets through of what a process says whose steps were given secrets."""

from __future__ import annotations

from dataclasses import replace

from pauta.ports.launcher import Happening, Printed, Reported
from pauta.services.masking import MaskedLines, masker_of


class Curtain:
    """Masks everything that one process prints and reports. Until it was told a secret it costs nothing."""

    def __init__(self) -> None:
        self._values: tuple[str, ...] = ()
        self._masker = masker_of(())
        self._lines: dict[str, MaskedLines] = {}

    def hide(self, values: tuple[str, ...]) -> None:
        """From now on these values are secret here, beside those it was told before."""
        if set(values) <= set(self._values):
            return
        self._values = tuple(sorted({*self._values, *values}))
        self._masker = masker_of(self._values)
        self._lines = {}

    def mask(self, happening: Happening) -> Happening:
        """What happened, with every secret in it masked."""
        if not self._masker:
            return happening
        if isinstance(happening, Printed):
            lines = self._lines.get(happening.stream)
            if lines is None:
                lines = self._lines[happening.stream] = MaskedLines(self._masker)
            return replace(happening, text=lines.mask(happening.text, is_kept=not happening.progress))
        if isinstance(happening, Reported):
            return Reported(self._masker.mask_value(happening.report))
        return happening
