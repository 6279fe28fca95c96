"""The application for ``celery -A pauta.celery worker -Q QUEUE``: see `pauta.assembly.celery_worker`."""

from __future__ import annotations

from pauta.assembly.celery_worker import worker_app

app = worker_app()
