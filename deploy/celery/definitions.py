"""England's definitions with every step a task that a Celery worker takes."""

from dagster_celery import celery_executor

from pipeline.definitions import definitions
from pipeline.edition import ENGLAND

defs = definitions(ENGLAND, celery_executor)
