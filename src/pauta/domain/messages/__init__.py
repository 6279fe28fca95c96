"""Every problem's text, English and Brazilian Portuguese, by code. One file per room that raises them.

A key is a code, or ``CODE.variant`` where one code has several texts. Placeholders in braces are the
problem's values; both languages use the same ones.
"""

from __future__ import annotations

from pauta.domain.messages.access import ACCESS
from pauta.domain.messages.authoring import AUTHORING
from pauta.domain.messages.configuring import CONFIGURING
from pauta.domain.messages.deploying import DEPLOYING
from pauta.domain.messages.depots import DEPOTS
from pauta.domain.messages.desk import DESK
from pauta.domain.messages.dying import DYING
from pauta.domain.messages.flow_deploying import FLOW_DEPLOYING
from pauta.domain.messages.flow_engine import FLOW_ENGINE
from pauta.domain.messages.flow_sources import FLOW_SOURCES
from pauta.domain.messages.flow_surface import FLOW_SURFACE
from pauta.domain.messages.flow_waiting import FLOW_WAITING
from pauta.domain.messages.flows import FLOWS
from pauta.domain.messages.frames import FRAMES
from pauta.domain.messages.reaching import REACHING
from pauta.domain.messages.running import RUNNING
from pauta.domain.messages.scheduling import SCHEDULING
from pauta.domain.messages.scripts import SCRIPTS
from pauta.domain.messages.serving import SERVING
from pauta.domain.messages.storing import STORING
from pauta.domain.messages.text import Bilingual, Text
from pauta.domain.messages.working import WORKING

MESSAGES: dict[str, Bilingual] = {
    **ACCESS,
    **AUTHORING,
    **CONFIGURING,
    **SCRIPTS,
    **DEPLOYING,
    **DEPOTS,
    **DYING,
    **FLOWS,
    **FLOW_DEPLOYING,
    **FLOW_ENGINE,
    **FLOW_SOURCES,
    **FLOW_SURFACE,
    **FLOW_WAITING,
    **FRAMES,
    **REACHING,
    **RUNNING,
    **SCHEDULING,
    **DESK,
    **SERVING,
    **STORING,
    **WORKING,
}


def text_of(code: str, variant: str, language: str) -> Text:
    """The text of a code. An unknown code shows itself rather than hiding the problem."""
    both = MESSAGES.get(f"{code}.{variant}" if variant else code) or MESSAGES.get(code)
    if both is None:
        return Text(what=f"{code} {variant}".strip())
    return both.pt if language.lower().startswith("pt") else both.en
