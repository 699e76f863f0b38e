"""England's definitions with every step in a Kubernetes job of its own."""

from pathlib import Path

import yaml
from dagster_k8s import k8s_job_executor

from pipeline.definitions import definitions
from pipeline.edition import ENGLAND

jobs = yaml.safe_load(Path(__file__).with_name("executor.yaml").read_text("utf-8"))
defs = definitions(ENGLAND, k8s_job_executor.configured(jobs, name="k8s"))
