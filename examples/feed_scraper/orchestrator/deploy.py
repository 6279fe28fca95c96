"""Deploys `full_flow`: every two hours, on a worker of my-pool. Needs a running server: ``pauta server``."""

from pathlib import Path

from orchestration_tools import full_flow

if __name__ == "__main__":
    full_flow.from_source(
        source=Path(__file__).parent,
        entrypoint="./orchestration_tools.py:full_flow",
    ).deploy(
        name="parent-scrape-post-deployment",
        work_pool_name="my-pool",
        cron="0 */2 * * *",
    )
