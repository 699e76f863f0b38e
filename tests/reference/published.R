# The published values that base R and the package boot can make again, from the files beside this.
#
#   Rscript published.R
#
# Run in this folder, with the packages boot and jsonlite. Prints the largest difference from each
# stored file and fails if one is more than rounding. relaimpo, dominanceAnalysis, lmtest, nonnest2,
# mice, psych, pwr and forecast made the stored values; here the same quantities come from lm,
# factanal, pf and their definitions, so none of those packages is needed. Cox's test, the first,
# last and grouped importances and the standardised coefficients are not made again.

suppressPackageStartupMessages({
  library(boot)
  library(jsonlite)
})

stored <- function(name) fromJSON(paste0(name, ".json"))
swiss_data <- read.csv("swiss.csv")
attitude_data <- read.csv("attitude.csv")
worst <- c()
check <- function(name, found, wanted, allowed = 1e-9) {
  found <- as.numeric(unlist(found))
  wanted <- as.numeric(unlist(wanted))
  stopifnot(length(found) == length(wanted), length(found) > 0)
  gap <- max(abs(found - wanted) / pmax(1, abs(wanted)))
  cat(sprintf("%-40s %.1e%s\n", name, gap, if (gap > allowed) "  DIFFERS" else ""))
  worst <<- c(worst, gap / allowed)
}

# Importance: R2 of every subset, from covariances, then means over positions.
subset_r2 <- function(s, outcome, names, given = c()) {
  masks <- 0:(2^length(names) - 1)
  sapply(masks, function(mask) {
    x <- c(given, names[bitwAnd(mask, 2^(seq_along(names) - 1)) > 0])
    if (!length(x)) return(0)
    drop(s[outcome, x] %*% solve(s[x, x], s[x, outcome])) / s[outcome, outcome]
  })
}
by_level <- function(r2, k) {
  size <- sapply(0:(2^k - 1), function(mask) sum(bitwAnd(mask, 2^(0:(k - 1))) > 0))
  sapply(seq_len(k), function(i) {
    without <- which(bitwAnd(0:(2^k - 1), 2^(i - 1)) == 0)
    tapply(r2[without + 2^(i - 1)] - r2[without], size[without], mean)
  })
}
lmg <- function(s, outcome, names, given = c()) {
  setNames(colMeans(by_level(subset_r2(s, outcome, names, given), length(names))), names)
}
five <- setdiff(names(swiss_data), "Fertility")
wanted <- stored("relaimpo_swiss")
check("relaimpo_swiss lmg", lmg(cov(swiss_data), "Fertility", five), wanted$lmg[five])
four <- setdiff(five, "Education")
check(
  "relaimpo_swiss always Education",
  lmg(cov(swiss_data), "Fertility", four, "Education"), wanted$always_Education$lmg[four]
)
weighted <- cov.wt(swiss_data, abs(-23:23) / sum(abs(-23:23)))$cov
check("relaimpo_swiss weighted", lmg(weighted, "Fertility", five), wanted$weighted$lmg[five])

wanted <- stored("dominance_attitude")
six <- names(wanted$average)
levels <- by_level(subset_r2(cov(attitude_data), "rating", six), 6)
check("dominance_attitude average", colMeans(levels), wanted$average)
check("dominance_attitude by level", levels, as.matrix(wanted$by_level[six]))

# Bootstrap: boot.ci on the stored draws.
wanted <- stored("bca_swiss")
indices <- as.matrix(read.csv("boot_indices_swiss_999.csv", header = FALSE)) + 1
contrast <- function(data) {
  x <- lmg(cov(data), "Fertility", five)
  x[["Education"]] + x[["Examination"]] - x[["Agriculture"]] - x[["Catholic"]]
}
n <- nrow(swiss_data)
object <- boot(swiss_data, function(data, i) 0, R = nrow(indices))
object$t0 <- contrast(swiss_data)
object$t <- matrix(apply(indices, 1, function(i) contrast(swiss_data[i, ])))
jack <- (n - 1) * (object$t0 - sapply(1:n, function(i) contrast(swiss_data[-i, ])))
counts <- t(apply(indices, 1, tabulate, nbins = n)) / n
slopes <- c(0, coef(lm(object$t ~ counts[, -1]))[-1])
interval <- function(type, part, ...) tail(as.vector(boot.ci(object, type = type, ...)[[part]]), 2)
check("bca_swiss t0", object$t0, wanted$t0)
check("bca_swiss first ten replicates", object$t[1:10], wanted$t_first10)
check("bca_swiss z0", qnorm(mean(object$t < object$t0)), wanted$z0)
check("bca_swiss a", sum(jack^3) / (6 * sum(jack^2)^1.5), wanted$a_jack)
check("bca_swiss normal", interval("norm", "normal"), wanted$norm)
check("bca_swiss basic", interval("basic", "basic"), wanted$basic)
check("bca_swiss percentile", interval("perc", "percent"), wanted$perc)
check("bca_swiss BCa, jackknife", interval("bca", "bca", L = jack), wanted$bca_jack)
regression <- slopes - mean(slopes)
check("bca_swiss BCa, regression", interval("bca", "bca", L = regression), wanted$bca_reg)

# Reliability.
wanted <- stored("alpha_omega_pca")
alpha <- function(s) ncol(s) / (ncol(s) - 1) * (1 - sum(diag(s)) / sum(s))
check("alpha_omega_pca alpha", alpha(cov(attitude_data)), wanted$alpha_raw)
check("alpha_omega_pca alpha of z-scores", alpha(cor(attitude_data)), wanted$alpha_std)
fit <- factanal(attitude_data[names(wanted$uniq)], 1)
common <- sum(fit$loadings)^2
omega <- common / (common + sum(fit$uniquenesses))
check("alpha_omega_pca omega", omega, wanted$omega_total_1factor)
check("alpha_omega_pca uniquenesses", fit$uniquenesses, wanted$uniq)

# Rubin's rules and Barnard and Rubin's degrees of freedom.
wanted <- stored("mi_rubin")
fits <- lapply(split(read.csv("nhanes_imputed5.csv"), ~imp), function(one) lm(chl ~ age + bmi, one))
estimates <- sapply(fits, coef)
m <- length(fits)
ubar <- rowMeans(sapply(fits, function(fit) diag(vcov(fit))))
total <- ubar + (1 + 1 / m) * apply(estimates, 1, var)
lambda <- 1 - ubar / total
complete <- df.residual(fits[[1]])
observed <- (complete + 1) / (complete + 3) * complete * (1 - lambda)
df <- 1 / (lambda^2 / (m - 1) + 1 / observed)
check("mi_rubin estimate", rowMeans(estimates), wanted$pooled$estimate)
check("mi_rubin total variance", total, wanted$pooled$t)
check("mi_rubin df", df, wanted$pooled$df)

# Models that are not nested.
rivals <- function(data, first, second, wanted, name) {
  pair <- list(lm(first, data), lm(second, data))
  encompassing <- lm(update(first, as.formula(paste("~ . +", as.character(second)[3]))), data)
  for (i in 1:2) {
    data$fitted_other <- fitted(pair[[3 - i]])
    j <- coef(summary(update(pair[[i]], . ~ . + fitted_other, data = data)))["fitted_other", ]
    check(paste(name, "J", i), j[3:4], c(wanted$jtest$t[i], wanted$jtest$p[i]))
    f <- anova(pair[[i]], encompassing)
    check(paste(name, "encompassing", i), f$F[2], wanted$encompassing$F[i])
    check(paste(name, "AIC", i), AIC(pair[[i]]), wanted$aic[i])
    check(paste(name, "BIC", i), BIC(pair[[i]]), wanted$bic[i])
  }
  loglik <- sapply(pair, function(fit) dnorm(resid(fit), sd = sqrt(mean(resid(fit)^2)), log = TRUE))
  difference <- loglik[, 1] - loglik[, 2]
  omega2 <- mean((difference - mean(difference))^2)
  check(
    paste(name, "Vuong"), c(omega2, sum(difference) / sqrt(length(difference) * omega2)),
    wanted$vuong[c("omega2", "LRTstat")]
  )
}
wanted <- stored("nonnested")
rivals(
  read.csv("usdistlag.csv"), con ~ gnp + con1, con ~ gnp + gnp1, wanted$greene, "nonnested greene"
)
rivals(
  swiss_data, Fertility ~ Education + Examination, Fertility ~ Agriculture + Catholic,
  wanted$swiss, "nonnested swiss"
)

# Diebold and Mariano's test as Harvey, Leybourne and Newbold corrected it.
wanted <- stored("dm_test")
d <- wanted$e1^2 - wanted$e2^2
n <- length(d)
for (h in c(1, 3)) {
  covariances <- acf(d, type = "covariance", lag.max = h - 1, plot = FALSE)$acf
  variance <- (covariances[1] + 2 * sum(covariances[-1])) / n
  statistic <- mean(d) * sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n / variance)
  p <- 2 * pt(-abs(statistic), n - 1)
  check(paste("dm_test horizon", h), c(statistic, p), wanted[[paste0("h", h)]])
}

wanted <- stored("power_f2")
limit <- qf(0.95, wanted$u, wanted$v)
noncentrality <- wanted$f2 * (wanted$u + wanted$v + 1)
power <- pf(limit, wanted$u, wanted$v, noncentrality, lower.tail = FALSE)
check("power_f2", power, wanted$power)

wanted <- stored("padjust")
for (method in c("holm", "BH", "BY", "hommel")) {
  check(paste("padjust", method), p.adjust(wanted$p, method), wanted[[method]])
}

quit(status = as.integer(any(worst > 1)))
