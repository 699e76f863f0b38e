"""What every table must keep, checked by Great Expectations and shown as Dagster asset checks."""
