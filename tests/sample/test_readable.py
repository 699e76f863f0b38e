import polars as pl
import pytest

from pipeline.sources import sources
from tests.sample.conftest import Sample


@pytest.mark.parametrize("name", sorted(sources()))
def test_source_reads_its_sample(sample: Sample, name: str) -> None:
    source = sources()[name]
    table = sample.tidy(name)
    assert table["release"].n_unique() == len(source.releases)
    for column, declared in source.columns.items():
        values = table[column]
        if declared.values is not None:
            assert set(values.drop_nulls()) <= set(declared.values), column
        if declared.low is not None:
            assert table.filter(pl.col(column) < declared.low).is_empty(), column
        if declared.high is not None:
            assert table.filter(pl.col(column) > declared.high).is_empty(), column


@pytest.mark.parametrize("name", sorted(n for n, s in sources().items() if s.reconcile))
def test_published_totals_agree(sample: Sample, name: str) -> None:
    reconcile = sources()[name].reconcile
    assert reconcile is not None
    sums = reconcile(sample.tidy(name))
    off = (pl.col("computed") - pl.col("published")).abs() > pl.col("tolerance")
    assert sums.filter(off).is_empty()
    # A sum with a part that was not published has no value; all the others are compared.
    compared = sums.filter(pl.col("computed").is_not_null() & pl.col("published").is_not_null())
    assert compared.height > 0.9 * sums.height > 0
