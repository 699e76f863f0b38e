"""The evidence tables: what each one holds, and what each of their columns means."""

ALL_PANELS = "all_panels"
"""The spec_id of the claim as a whole."""
BY_PANEL = " By panel: "
"""Where the sentence on the claim goes on with what each panel says."""

TABLES = {
    "analysis_spec": "What was asked of which rows: declaration, thresholds and what thinned them.",
    "panel": "The rows of either comparison, which of them each enters, and each block's composite "
    "(z-score over the rows compared between authorities, higher is better).",
    "panel_value": "Every value that enters either comparison, raw: in its own unit, with the sign "
    "of its polarity, and neither standardised nor filled in. What is estimated is worked out "
    "again from this table alone (docs/methods.md).",
    "measure_quality": "How well each indicator used is measured.",
    "block_fit": "What each coalition of blocks explains and predicts beyond the controls.",
    "block_contrast": "Leadership's side against plans' side: estimates with every interval.",
    "importance": "Each indicator's, block's and side's share of what is explained.",
    "model_tests": "Tests of one side given the other.",
    "cv_losses": "Squared errors on authorities and years that a model had not seen.",
    "variance_split": "How much of the lasting differences lies between and within authorities.",
    "within_effect": "Whether leadership tracks the outcome among localities of one authority.",
    "discordant_sets": "Authorities where some localities do it and their neighbours do not.",
    "robustness": "What becomes of the estimate when something else is chosen.",
    "multiverse": "Every combination of defensible choices, one row a specification.",
    "power": "How often the rule would say what, if the truth were known.",
    "published_comparison": "Published figures beside ours, and whether they can be compared.",
    "verdict": "The registered rule, one row a criterion, with the verdict and its sentence.",
}

KEYS = {
    "analysis_spec": ("spec_id",),
    "panel": ("spec_id", "locality", "year"),
    "panel_value": ("spec_id", "locality", "year", "variable"),
    "measure_quality": ("spec_id", "indicator"),
    "block_fit": ("spec_id", "composition", "coalition"),
    "block_contrast": ("spec_id", "composition", "estimand", "ci_method"),
    "importance": ("spec_id", "composition", "level", "name"),
    "model_tests": ("spec_id", "composition", "test", "direction", "vcov"),
    "cv_losses": ("spec_id", "composition", "scheme", "fold", "model"),
    "variance_split": ("spec_id",),
    "within_effect": ("spec_id", "composition", "model", "term"),
    "discordant_sets": ("spec_id", "authority", "year"),
    "robustness": ("spec_id", "part", "kind", "detail"),
    "multiverse": (
        "spec_id",
        "composition",
        "controls",
        "sample",
        "coverage",
        "missing",
        "lags",
    ),
    "power": ("spec_id", "part", "composition", "true_effect"),
    "published_comparison": ("spec_id", "study", "predictor", "published_outcome", "metric"),
    "verdict": ("spec_id", "part", "composition", "rule_id"),
}
"""What tells a row of each evidence table."""

MEANINGS = {
    "run_id": "run that computed the row, as in meta.run",
    "spec_id": "panel in the framework; all_panels for the claim as a whole",
    "synthetic": "whether every figure is generated",
    "outcome": "outcome indicator",
    "is_primary": "whether this is a primary analysis",
    "exploratory": "why the result is exploratory; empty where it is confirmatory",
    "n_rows": "rows analysed; of the comparison within authorities, those with a neighbour under "
    "the same authority in that year",
    "n_localities": "localities analysed; in discordant_sets those of the set",
    "n_authorities": "authorities analysed; within, those with at least two localities in a year",
    "years": "years of the predictors",
    "title": "title",
    "claim": "the sentence under test",
    "lag": "years from predictors to outcome",
    "controls": "what is held constant; in multiverse all of it, or what is left out",
    "composite_rule": "how indicators become blocks",
    "missing_rule": "what becomes of rows with gaps",
    "sample": "rows left after each step; in multiverse which rows a specification takes",
    "indicators": "indicators used, by block",
    "sample_within": "the same as sample, of the comparison within authorities",
    "indicators_within": "indicators used within authorities, by block",
    "thresholds": "every threshold and setting, as JSON",
    "frozen_hash": "hash of the framework file's content",
    "stopped": "why nothing was compared between authorities; empty where it was",
    "stopped_within": "why nothing was compared within authorities; empty where it was",
    "locality": "ONS code of the council or ODS code of the trust",
    "authority": "ONS code of the council or board that shares one plan and one budget",
    "year": "year of the predictors",
    "enters_between": "whether it enters the comparison between authorities "
    "(analysis_spec.stopped says where nothing could be compared)",
    "enters_within": "whether it enters the comparison within authorities "
    "(analysis_spec.stopped_within says where nothing could be compared)",
    "ranked_within": "whether it is one of those whose top share of a year makes the discordant "
    "sets: all that enter within, and those that would but for a neighbour",
    "variable": "outcome, control or indicator of the framework; class=level for a council class, "
    "a region or a year",
    "value_place": "ONS or ODS code of the place that the value is measured of: the authority's, "
    "where its localities share it; empty where it is made for the panel",
    "value_year": "year of the value in the locality tables: that of the row, of the outcome lag "
    "years later",
    "status": "what stands behind the value in the locality tables, see meta.dictionary; empty "
    "where it is made for the panel: classes, and circumstances of the councils a trust serves",
    "reference_year": "year that the figure was published for: earlier than value_year where it "
    "stands for years after its own (meta.indicator.stands); empty where it is of no year, or made",
    "outcome_polarised": "outcome, higher is better, in its own unit",
    "dominant_trust": "trust with the largest weight in carried values",
    "leadership": "composite of leadership, z-score; empty where a row is compared only within",
    "partnership": "composite of partnership, z-score; empty where a row is compared only within",
    "plans": "composite of plans, z-score; empty where a row is compared only within",
    "budgets": "composite of budgets, z-score; empty where a row is compared only within",
    "indicator": "indicator of the framework",
    "block": "block of the framework",
    "level": "what the row is about or measured at",
    "source": "source of the indicator",
    "instrument": "survey, inspection or return",
    "partial_correlation": "with the outcome, net of the controls",
    "block_sign_agreement": "share of the block's indicators with its commoner sign",
    "block_alpha": "Cronbach's alpha of the block",
    "block_omega": "McDonald's omega of the block",
    "reliability": "1 - mean sampling variance / variance between places",
    "n_resp_median": "median number of staff who answered",
    "missing_pct": "percent of the panel's candidates without it",
    "coverage_min": "least observed share behind a carried value",
    "coverage_median": "median observed share behind carried values",
    "n_effective_median": "median effective number of trusts behind carried values",
    "within_var_share": "share of its variance that lies within authorities",
    "shares_source_with_outcome": "whether it comes from the outcome's survey or inspection",
    "composition": "composite: one z-mean a block; indicators: each kept apart under ridge; both; "
    "beside the rule also rank composite, principal component and indicators by least squares",
    "coalition": "blocks in the model beside the controls",
    "k": "parameters of the blocks (effective ones under ridge)",
    "r2": "share of variance explained",
    "v": "r2 beyond the controls alone",
    "adj_r2": "r2 adjusted for parameters",
    "q2_loao": "share of variance predicted for authorities left out",
    "q2_forward": "share of variance predicted for later years",
    "penalty": "ridge penalty chosen on all rows",
    "estimand": "what is estimated; delta = v(H) - v(B), H leadership and partnership, B plans and "
    "budgets",
    "estimate": "estimate, as a share of variance unless the row says otherwise",
    "bias": "jackknife or bootstrap estimate of bias",
    "se": "standard error",
    "ci_low": "lower end of the interval",
    "ci_high": "upper end of the interval",
    "ci_method": "how the interval was made",
    "p_one_sided": "one-sided p that H does not lead",
    "headline": "whether the rule reads this row",
    "name": "what the row is about",
    "first": "gain beyond the controls alone",
    "last": "gain beyond everything else",
    "shapley": "mean gain over all orders of entry (LMG)",
    "owen": "the same with sides entering whole",
    "shapley_se": "standard error of the Shapley value",
    "shapley_ci_low": "lower end of its interval",
    "shapley_ci_high": "upper end of its interval",
    "slope": "direction, which a share has not: standard deviations by which the outcome is better "
    "for one more of the block's composite (or of each of its indicators), all else in the model; "
    "of a superblock, of all its blocks together; below 0, more of it goes with worse outcomes",
    "slope_ci_low": "lower end of its interval",
    "slope_ci_high": "upper end of its interval",
    "test": "name of the test",
    "direction": "what is tested against what",
    "statistic": "test statistic",
    "df1": "degrees of freedom",
    "df2": "second degrees of freedom",
    "df": "degrees of freedom",
    "p": "p value",
    "p_bh": "p corrected for its family of tests (Benjamini-Hochberg): this table's of one panel; "
    "in verdict, one rule's over the panels that are not primary",
    "vcov": "covariance behind the test, or how it was resampled",
    "scheme": "way of leaving rows out",
    "fold": "what was left out: an authority, a fold or a year",
    "model": "model",
    "n_test": "rows predicted",
    "sse": "squared errors",
    "sst": "squares about the mean of the training rows",
    "term": "term of the model",
    "kind": "kind of check: multiverse and the kinds that leave out, change or add something; "
    "'split respondents' is a row that says why it cannot be made of open data, 'confounder' rows "
    "are to be read and are no checks",
    "detail": "what was chosen instead",
    "passes": "whether it says what the panel's own estimate says; empty where it was not "
    "possible, or the row is no check",
    "why_not": "why it was not possible",
    "coverage": "least observed share behind carried values",
    "missing": "least measured share for an indicator to be used",
    "lags": "years from predictors to outcome",
    "spec_n_rows": "rows of this specification between authorities",
    "spec_n_rows_within": "rows of this specification within authorities",
    "delta": "lead of the first side",
    "sign": "its sign",
    "beta_w": "slope within authorities, SD of the outcome for one SD of leadership",
    "beta_w_se": "its standard error",
    "beta_w_p": "one-sided p of the slope within",
    "sigma2_authority": "variance of what lasts between authorities, squared units of the outcome",
    "sigma2_locality": "variance of what lasts between localities of one authority",
    "sigma2_resid": "variance of what does not last",
    "icc_authority": "share of all variance that lies between authorities",
    "w_star": "share of what lasts that lies between localities of one authority",
    "boot_low": "lower end of the bootstrap interval over authorities",
    "boot_high": "upper end of the bootstrap interval over authorities",
    "partial_r2_within": "share of the differences within authorities and years explained",
    "partial_r2_upper": "one-sided upper bound of it in the direction of the claim",
    "perm_unit": "what was permuted",
    "n_perm": "permutations",
    "p_by_trust": "one-sided p by dominant trust; the rule reads the larger of it and p_perm",
    "p_wild": "two-sided p of the wild cluster bootstrap over authorities, the null imposed",
    "n_wild": "its sets of signs",
    "p_perm": "one-sided p of the permutation, in the direction of the claim",
    "n_adopters": "localities of the set that do it",
    "adopters": "codes of the localities that do it, with commas",
    "h_adopters": "mean leadership of those that do it, standard deviations",
    "h_others": "mean leadership of the others, standard deviations",
    "diff": "h_adopters less h_others",
    "part": "between, within or overall; in published_comparison, where our figure comes from",
    "verdict": "supported, not supported, inconclusive, or inconclusive because it depends on how "
    "the block is composed",
    "sentence": "the verdict in plain words",
    "rule_id": "criterion; of part overall, between_goes_with_better_outcomes, "
    "between_confounder_must_be_strong and between_lead_stands_without_error are cautions, which "
    "change the sentence and not the verdict",
    "passed": "whether it is met",
    "value": "what a rule reads; in panel_value what enters: outcome and indicators times their "
    "polarity, so that higher is better; controls as they are, 1 or 0 for a class",
    "threshold": "what it is held against",
    "design": "how outcomes were simulated",
    "true_effect": "true lead (between) or true partial R2 (within) in the simulation",
    "p_supported": "share of simulations in which the rule says supported",
    "p_not_supported": "share in which it says not supported",
    "p_inconclusive": "share in which it says inconclusive",
    "mde80": "smallest effect found in the target share of cases; empty if beyond those simulated",
    "study": "published study",
    "units": "what it studied",
    "predictor": "its predictor",
    "effect": "published figure; empty where the study gives none",
    "metric": "what the figure is",
    "our_estimate": "the nearest figure of this panel",
    "our_metric": "what ours is",
    "comparable": "whether the two can be compared",
    "why": "why, or why not",
    "published_outcome": "its outcome",
}
"""What each column of the evidence tables means."""

_OUTCOME = (("evidence", "panel", "outcome_polarised"), ("evidence", "panel", "authority"))
_BLOCKS = tuple(
    ("evidence", "panel", block) for block in ("leadership", "partnership", "plans", "budgets")
)
_FIRST_SIDE = (*_OUTCOME, *_BLOCKS[:2], ("evidence", "panel", "year"))

ESTIMATES: dict[str, tuple[tuple[str, ...], tuple[tuple[str, str, str], ...]]] = {
    "block_fit": (
        ("r2", "v", "adj_r2", "q2_loao", "q2_forward", "se", "ci_low", "ci_high"),
        (*_OUTCOME, *_BLOCKS),
    ),
    "block_contrast": (
        ("estimate", "bias", "se", "ci_low", "ci_high", "p_one_sided"),
        (*_OUTCOME, *_BLOCKS, ("evidence", "panel", "dominant_trust")),
    ),
    "importance": (("first", "last", "shapley", "owen"), (*_OUTCOME, *_BLOCKS)),
    "model_tests": (("statistic", "p"), (*_OUTCOME, *_BLOCKS)),
    "cv_losses": (("sse", "sst"), (*_OUTCOME, *_BLOCKS)),
    "variance_split": (
        ("sigma2_authority", "sigma2_locality", "sigma2_resid", "icc_authority", "w_star"),
        (*_OUTCOME, ("evidence", "panel", "locality"), ("evidence", "panel", "year")),
    ),
    "within_effect": (("estimate", "se", "p", "partial_r2_within", "p_perm"), _FIRST_SIDE),
    "discordant_sets": (("n_adopters", "h_adopters", "h_others", "diff"), _FIRST_SIDE),
    "robustness": (("estimate", "passes"), (*_OUTCOME, *_BLOCKS)),
    "multiverse": (("delta", "sign"), (*_OUTCOME, *_BLOCKS)),
    "power": (
        ("p_supported", "p_not_supported", "p_inconclusive", "mde80"),
        (*_OUTCOME, *_BLOCKS),
    ),
    "published_comparison": (("our_estimate",), (*_OUTCOME, *_BLOCKS)),
    "verdict": (
        ("verdict", "passed", "value"),
        (
            ("evidence", "block_contrast", "estimate"),
            ("evidence", "block_contrast", "ci_low"),
            ("evidence", "block_contrast", "ci_high"),
            ("evidence", "block_contrast", "p_one_sided"),
            ("evidence", "power", "mde80"),
            ("evidence", "robustness", "passes"),
            ("evidence", "within_effect", "estimate"),
            ("evidence", "within_effect", "p_perm"),
        ),
    ),
}
"""Table -> its estimated columns, and the columns they are estimated from.

Where every indicator is kept apart, the composites of a panel stand for the indicators in them.
"""
