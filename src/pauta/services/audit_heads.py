"""Where the audit log ended, written down outside the database now and then.

Whoever can empty the database's tables can make the log look as if it had never been. What stands in this file,
and in the server's log beside it, proves otherwise.
"""

from __future__ import annotations

import logging
import re
from datetime import UTC

from pauta.services.audit import Head, head_of
from pauta.services.control import Control

NAME = "audit.heads"
_LINE = re.compile(r"\S+ (\d+) ([0-9a-f]{64})")
_log = logging.getLogger("pauta.audit")


def export_head(control: Control) -> Head:
    """Write down where the log ends now. To be called each hour, and when a server starts and ends."""
    head = head_of(control.store)
    known = exported_heads(control)
    if head.count and head not in known[-1:]:
        at = control.now().astimezone(UTC).isoformat(timespec="seconds")
        with (control.records / NAME).open("a", encoding="ascii") as file:
            file.write(f"{at} {head.count} {head.mac}\n")
        _log.info("the audit log has %d rows and ends with %s", head.count, head.mac)
    return head


def exported_heads(control: Control) -> list[Head]:
    """What was written down, oldest first."""
    try:
        text = (control.records / NAME).read_text(encoding="ascii")
    except FileNotFoundError:
        return []
    return [Head(int(count), mac) for count, mac in _LINE.findall(text)]
