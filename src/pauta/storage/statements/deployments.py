"""Statements on deployments, their schedules and their triggers."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records_control import (
    DEPLOYMENT_COLUMNS,
    FIRING,
    SCHEDULE_COLUMNS,
    TRIGGER_COLUMNS,
)
from pauta.storage.statements.shape import Statements, Written, key, limit, unchanged
from pauta.storage.tables_control import (
    DUE,
    deployment,
    deployment_form,
    firing,
    schedule,
    trigger,
    trigger_event,
)


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    return {**_deployments(flavour), **_schedules(flavour), **_firings(flavour), **_triggers(flavour)}


def _deployments(flavour: Flavour) -> Statements:
    one = deployment.c.name == key("name")
    same = sa.and_(one, deployment.c.version == sa.bindparam("was_version"))
    forms = sa.select(deployment_form.c.body).where(deployment_form.c.name == key("name"))
    of_one = sa.select(trigger.c.id).where(trigger.c.deployment == key("name"))
    return {
        "deployment.add": Written(flavour.insert(deployment).on_conflict_do_nothing(), DEPLOYMENT_COLUMNS),
        "deployment.save": Written(sa.update(deployment).where(same), DEPLOYMENT_COLUMNS[1:]),
        "deployment.get": Written(sa.select(deployment.c.body).where(one)),
        "deployment.all": Written(sa.select(deployment.c.body).order_by(deployment.c.name)),
        "deployment.remove": Written(sa.delete(deployment).where(same)),
        "deployment.remove_schedules": Written(sa.delete(schedule).where(schedule.c.deployment == key("name"))),
        "deployment.remove_events": Written(sa.delete(trigger_event).where(trigger_event.c.trigger_id.in_(of_one))),
        "deployment.remove_triggers": Written(sa.delete(trigger).where(trigger.c.deployment == key("name"))),
        "deployment_form.add": Written(sa.insert(deployment_form), ("name", "body")),
        "deployment_form.of_name": Written(forms.order_by(deployment_form.c.id.desc())),
    }


def _schedules(flavour: Flavour) -> Statements:
    one = schedule.c.id == key("id")
    unmoved = sa.and_(
        one,
        schedule.c.version == sa.bindparam("was_version"),
        schedule.c.state == sa.bindparam("was_state"),
        unchanged(schedule.c.next_at),
        unchanged(schedule.c.next_local),
        unchanged(schedule.c.next_fold),
    )
    ordered = sa.select(schedule.c.body).order_by(schedule.c.deployment, schedule.c.name, schedule.c.id)
    due = (
        sa.select(schedule.c.body)
        .where(sa.text(DUE), schedule.c.fire_at <= sa.bindparam("now"))
        .order_by(schedule.c.fire_at, schedule.c.id)
        .limit(limit())
        .with_for_update(skip_locked=True)
    )
    return {
        "schedule.add": Written(flavour.insert(schedule).on_conflict_do_nothing(), SCHEDULE_COLUMNS),
        "schedule.save": Written(sa.update(schedule).where(unmoved), SCHEDULE_COLUMNS[1:]),
        "schedule.get": Written(sa.select(schedule.c.body).where(one)),
        "schedule.all": Written(ordered),
        "schedule.of_deployment": Written(ordered.where(schedule.c.deployment == key("deployment"))),
        "schedule.remove": Written(sa.delete(schedule).where(one, schedule.c.version == sa.bindparam("was_version"))),
        "schedule.due": Written(due),
        "schedule.next_fire": Written(sa.select(sa.func.min(schedule.c.fire_at)).where(sa.text(DUE))),
    }


def _firings(flavour: Flavour) -> Statements:
    columns = [firing.c[name] for name in FIRING.columns]
    return {
        "firing.add": Written(flavour.insert(firing).on_conflict_do_nothing(), FIRING.columns),
        "firing.of_schedule": Written(
            sa.select(*columns)
            .where(firing.c.schedule_id == key("schedule_id"))
            .order_by(firing.c.due_at.desc(), firing.c.local.desc(), firing.c.fold.desc())
            .limit(limit())
        ),
    }


def _triggers(flavour: Flavour) -> Statements:
    one = trigger.c.id == key("id")
    same = sa.and_(one, trigger.c.version == sa.bindparam("was_version"))
    ordered = sa.select(trigger.c.body).order_by(trigger.c.deployment, trigger.c.name, trigger.c.id)
    return {
        "trigger.add": Written(flavour.insert(trigger).on_conflict_do_nothing(), TRIGGER_COLUMNS),
        "trigger.save": Written(sa.update(trigger).where(same), TRIGGER_COLUMNS[1:]),
        "trigger.get": Written(sa.select(trigger.c.body).where(one)),
        "trigger.all": Written(ordered),
        "trigger.of_deployment": Written(ordered.where(trigger.c.deployment == key("deployment"))),
        "trigger.remove": Written(sa.delete(trigger).where(same)),
        "trigger_event.add": Written(
            flavour.insert(trigger_event).on_conflict_do_nothing(), ("trigger_id", "event", "at", "run_id")
        ),
        "trigger_event.remove": Written(sa.delete(trigger_event).where(trigger_event.c.trigger_id == key("id"))),
    }
