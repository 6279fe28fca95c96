"""Several servers on one database: who follows the calls of a run misses none, in whatever order they are committed."""

from __future__ import annotations

from contextlib import closing

import pytest

from pauta.domain.calls import first_call_of
from store_samples import call, submit


@pytest.mark.postgres
def test_no_change_is_missed_that_is_committed_after_a_later_one_was_seen(postgres_address: str) -> None:
    from pauta.storage.postgres import open_postgres

    with closing(open_postgres(postgres_address)) as one, closing(open_postgres(postgres_address)) as other:
        run = submit(one)[0]
        early, late = (call(run.id, first_call_of(0) + n) for n in range(2))
        with one.transaction() as slow:
            slow.calls.put([early])
            with other.transaction() as quick:
                quick.calls.put([late])
            with other.transaction() as tx:
                found, mark = tx.calls.changed(run.id)
            assert found == [late]
        with other.transaction() as tx:
            found, mark = tx.calls.changed(run.id, since=mark)
        assert early in found
        with other.transaction() as tx:
            assert tx.calls.changed(run.id, since=mark)[0] == []
