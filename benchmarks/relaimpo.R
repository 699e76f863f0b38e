# LMG by relaimpo: seconds for the weighted replicates, then the values on all rows.
# Arguments: data (outcome, controls, indicators, weights; no header), controls, indicators.
suppressPackageStartupMessages(library(relaimpo))
asked <- commandArgs(trailingOnly = TRUE)
data <- read.table(asked[1])
controls <- as.integer(asked[2])
columns <- data[, 1:(1 + controls + as.integer(asked[3]))]
weights <- data[, -seq_along(columns), drop = FALSE]
always <- names(columns)[1 + seq_len(controls)]
lmg <- function(frame, w) {
  calc.relimp(frame, type = "lmg", always = always, weights = w)@lmg
}
spent <- system.time(for (one in weights) lmg(columns[one > 0, ], one[one > 0]))
cat(spent["user.self"], lmg(columns, NULL))
