"""Flows in Python: `@flow`, `@task`, states, futures, waits, and the engine that runs a flow's body.

The same engine runs a flow in a script's process, in a test and at a prompt; what differs comes in as a `site.Site`.
It never stores, sends or prints anything itself. Light: what is heavy (pydantic, pandas, asyncio) is imported when
it is first needed, because every flow's script imports this.
"""
