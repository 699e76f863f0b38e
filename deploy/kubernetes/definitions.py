"""England's definitions with every step in a Kubernetes job of its own."""

from dagster_k8s import k8s_job_executor

from pipeline.definitions import definitions
from pipeline.edition import ENGLAND

defs = definitions(ENGLAND, k8s_job_executor)
