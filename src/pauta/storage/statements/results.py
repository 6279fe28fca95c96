"""Statements on cached results, and on what the records know of stored objects."""

from __future__ import annotations

import sqlalchemy as sa

from pauta.storage.flavours import Flavour
from pauta.storage.records import CACHE_COLUMNS
from pauta.storage.statements.shape import Statements, Written, key, limit
from pauta.storage.tables import cache, cache_object, imported, plan, profile, reference, run, step


def statements(flavour: Flavour) -> Statements:
    """Statements by name."""
    return {**_cache(flavour), **_objects(flavour), **_forgetting(flavour), **_dropping()}


def _cache(flavour: Flavour) -> Statements:
    columns = [cache.c[name] for name in CACHE_COLUMNS]
    newest_first = (cache.c.made_at.desc(), cache.c.key)
    place = sa.func.row_number().over(partition_by=cache.c.recipe, order_by=newest_first).label("place")
    ranked = sa.select(*columns, place).where(flavour.within(cache.c.recipe, "recipes")).subquery("ranked")
    put = flavour.insert(cache)
    put = put.on_conflict_do_update(
        index_elements=[cache.c.key], set_={name: put.excluded[name] for name in CACHE_COLUMNS[1:]}
    )
    return {
        "cache.get": Written(sa.select(*columns).where(cache.c.key == key("key"))),
        "cache.get_many": Written(sa.select(*columns).where(flavour.within(cache.c.key, "keys"))),
        "cache.by_recipe": Written(
            sa.select(*columns).where(cache.c.recipe == key("recipe")).order_by(*newest_first).limit(limit())
        ),
        "cache.by_recipes": Written(
            sa.select(*(ranked.c[name] for name in CACHE_COLUMNS))
            .where(ranked.c.place <= limit())
            .order_by(ranked.c.recipe, ranked.c.place)
        ),
        "cache.put": Written(put, CACHE_COLUMNS),
        "cache.unlink": Written(sa.delete(cache_object).where(cache_object.c.key == key("key"))),
        "cache.link": Written(flavour.insert(cache_object).on_conflict_do_nothing(), ("key", "address")),
    }


def _objects(flavour: Flavour) -> Statements:
    every = sa.union(
        sa.select(reference.c.address),
        sa.select(cache_object.c.address),
        sa.select(imported.c.address).where(imported.c.address.is_not(None)),
    )
    remember = flavour.insert(imported)
    remember = remember.on_conflict_do_update(
        index_elements=[imported.c.key],
        set_={"output": remember.excluded.output, "address": remember.excluded.address},
    )
    return {
        "reference.add": Written(flavour.insert(reference).on_conflict_do_nothing(), ("run_id", "address")),
        "reference.all": Written(every),
        "profile.put": Written(flavour.insert(profile).on_conflict_do_nothing(), ("address", "body")),
        "profile.get": Written(sa.select(profile.c.body).where(profile.c.address == key("address"))),
        "imported.get": Written(sa.select(imported.c.output).where(imported.c.key == key("key"))),
        "imported.put": Written(remember, ("key", "output", "address")),
    }


def _forgetting(flavour: Flavour) -> Statements:
    concerned = sa.select(cache_object.c.key).where(flavour.within(cache_object.c.address, "addresses"))
    return {
        "cache.forget": Written(sa.delete(cache).where(cache.c.key.in_(concerned))),
        "imported.forget": Written(sa.delete(imported).where(flavour.within(imported.c.address, "addresses"))),
        "profile.forget": Written(sa.delete(profile).where(flavour.within(profile.c.address, "addresses"))),
    }


def _dropping() -> Statements:
    """A run goes. What was its alone goes with it; a result that another run took is that run's from now on."""
    run_id = key("run_id")
    taker = (
        sa.select(step.c.run_id, step.c.no)
        .where(
            step.c.cache_key == cache.c.key,
            step.c.cached_from.is_not(None),
            step.c.state == sa.literal_column("'completed'"),
            step.c.run_id != run_id,
        )
        .order_by(step.c.run_id.desc(), step.c.no)
        .limit(1)
    )
    other = reference.alias("other")
    own = sa.select(reference.c.address).where(
        reference.c.run_id == run_id,
        ~sa.exists().where(other.c.address == reference.c.address, other.c.run_id != run_id),
    )
    return {
        "run.state": Written(sa.select(run.c.state, run.c.plan_hash).where(run.c.id == run_id).with_for_update()),
        "run.drop_cache_hand_over": Written(
            sa.update(cache)
            .where(cache.c.run_id == run_id)
            .values(
                run_id=sa.func.coalesce(
                    taker.with_only_columns(step.c.run_id).correlate(cache).scalar_subquery(), cache.c.run_id
                ),
                step_no=sa.func.coalesce(
                    taker.with_only_columns(step.c.no).correlate(cache).scalar_subquery(), cache.c.step_no
                ),
            ),
            (),
        ),
        "run.drop_cache": Written(sa.delete(cache).where(cache.c.run_id == run_id)),
        "run.drop_imported": Written(sa.delete(imported).where(imported.c.address.in_(own))),
        "run.drop_profiles": Written(
            sa.delete(profile).where(
                profile.c.address.in_(own),
                ~sa.exists().where(cache_object.c.address == profile.c.address),
                ~sa.exists().where(imported.c.address == profile.c.address),
            )
        ),
        "run.drop": Written(sa.delete(run).where(run.c.id == run_id)),
        "plan.drop": Written(
            sa.delete(plan).where(plan.c.hash == key("hash"), ~sa.exists().where(run.c.plan_hash == plan.c.hash))
        ),
    }
