# Values of golden_panel.json, from golden_panel.csv.
#
#   Rscript golden_panel.R             prints the JSON
#   Rscript golden_panel.R compare     prints, by section, the largest difference from the stored
#                                      values instead, and fails if it is more than rounding
#
# Run in this folder, with R and the packages lme4, clubSandwich, survival and jsonlite.

suppressPackageStartupMessages({
  library(lme4)
  library(clubSandwich)
  library(survival)
  library(jsonlite)
})

d <- read.csv("golden_panel.csv")
d$year_f <- factor(d$year)
d$cell <- interaction(d$authority, d$year, drop = TRUE)
blocks <- sapply(c("L", "K", "P", "M"), function(b) paste0(b, 1:3), simplify = FALSE)
controls <- c("imd", "logpop", "year_f")
h <- c(blocks$L, blocks$K)
b <- c(blocks$P, blocks$M)
z_mean <- function(columns) as.vector(scale(rowMeans(scale(d[columns]))))
d$Hc <- z_mean(h)
d$Pc <- z_mean(blocks$P)
d$Mc <- z_mean(blocks$M)
out <- list(n = nrow(d), authorities = length(unique(d$authority)))
clusters <- sort(unique(d$authority))

model <- function(columns, outcome = "y") reformulate(columns, outcome)
r2 <- function(columns, data = d, outcome = "y") {
  summary(lm(model(columns, outcome), data))$r.squared
}

# Coalitions, and the values that divide them up ------------------------------------------------

players <- names(blocks)
coalitions <- lapply(0:15, function(mask) players[bitwAnd(mask, 2^(0:3)) > 0])
label <- function(who) if (length(who)) paste(who, collapse = "+") else "1"
base <- r2(controls)
v <- sapply(coalitions, function(who) r2(c(controls, unlist(blocks[who]))) - base)
names(v) <- sapply(coalitions, label)
value <- function(who) v[[label(players[players %in% who])]]
orders <- function(x) {
  if (length(x) < 2) return(list(x))
  do.call(c, lapply(seq_along(x), function(i) lapply(orders(x[-i]), function(o) c(x[i], o))))
}
mean_gain <- function(all) {
  sapply(players, function(p) {
    mean(sapply(all, function(o) {
      before <- o[seq_len(match(p, o) - 1)]
      value(c(before, p)) - value(before)
    }))
  }, simplify = FALSE)
}
adjacent <- function(o, pair) abs(diff(match(pair, o))) == 1
together <- function(o) adjacent(o, c("L", "K")) && adjacent(o, c("P", "M"))
out$r2_controls <- base
out$coalition_v <- as.list(v)
out$shapley4 <- mean_gain(orders(players))
# Orders in which each superblock enters whole.
out$owen_LK_PM <- mean_gain(Filter(together, orders(players)))
out$v_H <- value(c("L", "K"))
out$v_B <- value(c("P", "M"))
out$v_HB <- value(players)
out$unique_H <- out$v_HB - out$v_B
out$unique_B <- out$v_HB - out$v_H
out$common <- out$v_H + out$v_B - out$v_HB
out$delta <- out$v_H - out$v_B

# Delete-one-authority jackknife ----------------------------------------------------------------

size <- length(clusters)
deleted <- sapply(clusters, function(g) {
  rest <- d[d$authority != g, ]
  r2(c(controls, h), rest) - r2(c(controls, b), rest)
})
se <- sqrt((size - 1) / size * sum((deleted - mean(deleted))^2))
bias <- (size - 1) * (mean(deleted) - out$delta)
reach <- c(-1, 1) * qt(0.975, size - 1) * se
out$jackknife <- list(
  values = deleted, se = se, bias = bias,
  ci_t = out$delta + reach, ci_t_bc = out$delta - bias + reach
)

# On authorities and years that were not seen ---------------------------------------------------

sse <- function(columns, train, test) {
  sum((test$y - predict(lm(model(columns), train), test))^2)
}
models <- list(controls = controls, H = c(controls, h), B = c(controls, b), HB = c(controls, h, b))
losses <- sapply(models, function(columns) {
  sapply(clusters, function(g) sse(columns, d[d$authority != g, ], d[d$authority == g, ]))
})
sst <- sapply(clusters, function(g) {
  sum((d$y[d$authority == g] - mean(d$y[d$authority != g]))^2)
})
q2 <- 1 - colSums(losses) / sum(sst)
difference <- losses[, "B"] - losses[, "H"]
out$loao <- c(
  setNames(as.list(q2), paste0("q2_", names(q2))),
  list(
    delta_q2 = sum(difference) / sum(sst),
    authority_loss_diff_sum = difference,
    t = mean(difference) / (sd(difference) / sqrt(size))
  )
)
# A year that was not seen has no effect to predict with: year leaves the controls.
lasting <- c("imd", "logpop")
out$forward <- lapply(
  list(mse_controls = lasting, mse_H = c(lasting, h), mse_B = c(lasting, b)),
  function(columns) {
    sapply(2:3, function(year) {
      test <- d[d$year == year, ]
      sse(columns, d[d$year < year, ], test) / nrow(test)
    })
  }
)

# Nested F --------------------------------------------------------------------------------------

both <- lm(model(c(controls, h, b)), d)
nested_f <- function(added, given, df) {
  classic <- anova(lm(model(c(controls, given)), d), both)
  robust <- Wald_test(
    both, constrain_zero(added, coefs = coef(both)),
    vcov = vcovCR(both, d$authority, type = "CR2"), test = "HTZ"
  )
  c(
    list(F = classic$F[2]),
    if (df) list(df1 = classic$Df[2], df2 = classic$Res.Df[2]),
    list(
      p = classic$`Pr(>F)`[2],
      HTZ_F = robust$Fstat, HTZ_df = robust$df_denom, HTZ_p = robust$p_val
    )
  )
}
out$nestedF <- list(H_given_B = nested_f(h, b, TRUE), B_given_H = nested_f(b, h, FALSE))

# Within authorities ----------------------------------------------------------------------------

fixed <- c("imd", "logpop")
left_over <- function(columns) deviance(lm(model(c(columns, "cell")), d))
of_cells <- deviance(lm(y ~ cell, d))
within_controls <- 1 - left_over(fixed) / of_cells
within_h <- 1 - left_over(c(fixed, h)) / of_cells
effect <- lm(y ~ Hc + imd + logpop + cell, d)
tested <- coef_test(
  effect, vcov = "CR2", cluster = d$authority, coefs = "Hc", test = "Satterthwaite"
)
sets <- clogit(adopt ~ Hc + imd + logpop + strata(cell), d)
out$within <- list(
  r2w_controls = within_controls,
  r2w_controls_H = within_h,
  partial_r2w_H = (within_h - within_controls) / (1 - within_controls),
  fe_coef_Hc = coef(effect)[["Hc"]],
  CR2_se = tested$SE,
  satt_df = tested$df,
  p = tested$p_Satt,
  clogit_coef = as.list(coef(sets)),
  clogit_se = as.list(setNames(sqrt(diag(vcov(sets))), names(coef(sets)))),
  clogit_loglik = sets$loglik
)

# A permutation moves Hc and drops the rows that then have none.
slope <- function(moved) {
  data <- d
  data$Hc <- moved
  data <- data[!is.na(moved), ]
  net <- function(x) x - ave(x, data$cell)
  unname(coef(lm(net(data$y) ~ 0 + net(data$Hc) + net(data$imd) + net(data$logpop)))[1])
}
share <- function(drawn, seen) (1 + sum(drawn >= seen)) / (1 + length(drawn))
# Whole localities: row l of a permutation names the locality whose years locality l takes over.
localities <- as.matrix(read.csv("golden_locality_perm_199.csv", header = FALSE))
donor <- function(permuted) {
  match(paste(permuted[d$locality], d$year), paste(d$locality, d$year))
}
drawn <- apply(localities, 1, function(permuted) slope(d$Hc[donor(permuted)]))
out$within$locperm_stat0 <- slope(d$Hc)
out$within$locperm_first5 <- unname(drawn[1:5])
out$within$locperm_sd <- sd(drawn)
out$within$locperm_p_one_sided <- share(drawn, out$within$locperm_stat0)
# Single rows, counted from 0: too small a p on data that last, and not used, so only the first five
# of 199 are kept and perm_p_one_sided is not made again.
rows <- as.matrix(read.csv("golden_row_permutations.csv", header = FALSE)) + 1
out$within$perm_stat0 <- out$within$locperm_stat0
out$within$perm_first5 <- unname(apply(rows, 1, function(permuted) slope(d$Hc[permuted])))

# Mixed models ----------------------------------------------------------------------------------

components <- function(fit) {
  vc <- as.data.frame(VarCorr(fit))
  setNames(vc$vcov, vc$grp)
}
listed <- function(vc) lapply(names(vc), function(grp) list(grp = grp, vcov = vc[[grp]]))
vc <- components(lmer(y ~ 1 + (1 | authority / locality), d))
out$variance <- list(
  null_vc = listed(vc),
  icc_authority = vc[["authority"]] / sum(vc),
  share_within_authority = 1 - vc[["authority"]] / sum(vc),
  share_locality = vc[["locality:authority"]] / sum(vc)
)

d$Hb <- ave(d$Hc, d$authority)
d$Hw <- d$Hc - d$Hb
rewb <- lmer(
  y ~ Hw + Hb + Pc + Mc + imd + logpop + factor(year) + (1 | authority / locality), d
)
vc <- components(rewb)
fitted_variance <- var(as.vector(model.matrix(rewb) %*% fixef(rewb)))
total <- fitted_variance + sum(vc)

# Satterthwaite's degrees of freedom (as lmerTest has them): 2 v^2 / (g' A g), v the variance of a
# coefficient, g its gradient by the random effects' parameters (theta, sigma), A twice the inverse
# of the deviance's Hessian. Derivatives by central differences, extrapolated once (Richardson).
deviance_at <- update(rewb, devFunOnly = TRUE)
at <- c(getME(rewb, "theta"), sigma(rewb))
free <- seq_along(at)
n_left <- nrow(d) - length(fixef(rewb))
restricted <- function(parameters) {
  sigma2 <- parameters[length(parameters)]^2
  deviance_at(parameters[-length(parameters)])
  pieces <- environment(deviance_at)
  pwrss <- pieces$resp$wrss() + pieces$pp$sqrL(1)
  pieces$pp$ldL2() + pieces$pp$ldRX2() + n_left * log(2 * pi * sigma2) + pwrss / sigma2
}
covariance <- function(parameters) {
  deviance_at(parameters[-length(parameters)])
  parameters[length(parameters)]^2 * tcrossprod(environment(deviance_at)$pp$RXi())
}
richardson <- function(rule, step) (4 * rule(step / 2) - rule(step)) / 3
shift <- function(i, step) replace(numeric(length(at)), i, step)
hessian <- outer(free, free, Vectorize(function(i, j) {
  richardson(function(step) {
    a <- shift(i, step)
    e <- shift(j, step)
    (restricted(at + a + e) - restricted(at + a - e) - restricted(at - a + e) +
      restricted(at - a - e)) / (4 * step^2)
  }, 2e-3)
}))
gradients <- sapply(free, function(i) {
  diag(richardson(function(step) {
    (covariance(at + shift(i, step)) - covariance(at - shift(i, step))) / (2 * step)
  }, 2e-3))
})
variances <- diag(covariance(at))
df <- 2 * variances^2 / rowSums((gradients %*% (2 * solve(hessian))) * gradients)
out$rewb <- list(
  fixef = as.list(fixef(rewb)),
  se = as.list(setNames(sqrt(variances), names(fixef(rewb)))),
  vc = listed(vc),
  satt_df = df,
  satt_p = unname(2 * pt(-abs(fixef(rewb)) / sqrt(variances), df)),
  # Nakagawa and Schielzeth (2013), all random effects intercepts.
  r2m = fitted_variance / total,
  r2c = (total - vc[["Residual"]]) / total,
  loglik = as.numeric(logLik(rewb))
)

out$placebo <- list(
  H = r2(c(controls, h), outcome = "placebo") - r2(controls, outcome = "placebo"),
  B = r2(c(controls, b), outcome = "placebo") - r2(controls, outcome = "placebo")
)

# Output ----------------------------------------------------------------------------------------

if (identical(commandArgs(trailingOnly = TRUE), "compare")) {
  stored <- unlist(fromJSON("golden_panel.json", simplifyVector = FALSE))
  found <- unlist(out)
  shared <- intersect(names(found), names(stored))
  shared <- shared[!is.na(suppressWarnings(as.numeric(stored[shared])))]
  gap <- sapply(shared, function(name) {
    here <- as.numeric(found[names(found) == name])
    there <- as.numeric(stored[names(stored) == name])
    max(abs(here - there) / pmax(1, abs(there)))
  })
  gap <- tapply(gap, sub("\\..*", "", shared), max)
  print(signif(gap, 2))
  absent <- setdiff(names(stored), names(found))
  cat("not computed:", absent[!is.na(suppressWarnings(as.numeric(stored[absent])))], "\n")
  # Restricted likelihood is climbed to an optimiser's digits, everything else is algebra.
  allowed <- ifelse(names(gap) %in% c("rewb", "variance"), 1e-6, 1e-9)
  quit(status = as.integer(any(gap > allowed)))
}
cat(toJSON(out, auto_unbox = TRUE, digits = I(15), pretty = TRUE), "\n")
