"""Rapport's definitions with every step in a Kubernetes job of its own."""

from dagster_k8s import k8s_job_executor

from pipeline.definitions import definitions

defs = definitions(executor=k8s_job_executor)
