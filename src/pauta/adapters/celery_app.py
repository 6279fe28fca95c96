"""The Celery application: a bell and nothing else. No results, no pickle, no work that is only known to the broker."""

from __future__ import annotations

from celery import Celery

TASK = "pauta.run_stage"
_PATIENCE_SECONDS = 2.0


def make_app(broker_url: str) -> Celery:
    """An application over this broker. Nothing is connected yet."""
    app = Celery("pauta", broker=broker_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        result_backend=None,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        task_acks_late=False,
        task_create_missing_queues=True,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        task_send_sent_event=False,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_timeout=_PATIENCE_SECONDS,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # Else a worker ends when the broker answers that its memory is full.
        broker_channel_error_retry=True,
        broker_transport_options={
            "socket_connect_timeout": _PATIENCE_SECONDS,
            "socket_keepalive": True,
            "health_check_interval": 10,
            # A message that its reader lost is delivered again after this; by then its stage was announced anew.
            "visibility_timeout": 300,
        },
    )
    return app
