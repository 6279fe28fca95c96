"""Statements on published pipelines."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records_control import ACTIVATION, PIPELINE_VERSION
from pauta.storage.statements.shape import Statements, Written, key
from pauta.storage.tables_control import activation, pipeline_version


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    columns = [pipeline_version.c[name] for name in PIPELINE_VERSION.columns]
    of_name = pipeline_version.c.name == key("name")
    active = (
        sa.select(activation.c.version)
        .where(activation.c.name == pipeline_version.c.name)
        .order_by(activation.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    heads = (
        sa.select(pipeline_version.c.name, sa.func.coalesce(active, 0), sa.func.max(pipeline_version.c.version))
        .group_by(pipeline_version.c.name)
        .order_by(pipeline_version.c.name)
    )
    lines = [activation.c[name] for name in ACTIVATION.columns]
    return {
        "pipeline.add": Written(flavour.insert(pipeline_version).on_conflict_do_nothing(), PIPELINE_VERSION.columns),
        "pipeline.get": Written(sa.select(*columns).where(of_name, pipeline_version.c.version == key("version"))),
        "pipeline.by_digest": Written(sa.select(*columns).where(of_name, pipeline_version.c.digest == key("digest"))),
        "pipeline.versions": Written(sa.select(*columns).where(of_name).order_by(pipeline_version.c.version.desc())),
        "pipeline.head": Written(heads.where(of_name)),
        "pipeline.heads": Written(heads),
        "pipeline.objects": Written(sa.select(pipeline_version.c.document, pipeline_version.c.scripts)),
        "activation.add": Written(sa.insert(activation), ACTIVATION.columns),
        "activation.of_name": Written(
            sa.select(*lines).where(activation.c.name == key("name")).order_by(activation.c.id.desc())
        ),
    }
