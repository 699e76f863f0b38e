"""What a Celery worker runs: Dagster's own tasks, so set that a step is not lost with its worker.

The broker and where results go are read from ``CELERY_BROKER_URL`` and ``CELERY_RESULT_BACKEND``,
by workers and by runs.
"""

from dagster_celery.app import app

LONGEST_STEP_SECONDS = 1800
"""What a worker took and did not finish within this time is given to another (Redis; RabbitMQ
notices at once). A step that takes longer would be done twice at the same time."""

app.conf.update(
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    broker_transport_options={
        **app.conf.broker_transport_options,
        "visibility_timeout": LONGEST_STEP_SECONDS,
    },
)
