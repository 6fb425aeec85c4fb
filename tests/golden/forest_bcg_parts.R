# Writes forest_bcg_parts.json: Rscript tests/golden/forest_bcg_parts.R > tests/golden/forest_bcg_parts.json
suppressMessages(library(metafor))
tight <- list(threshold = 1e-13, maxiter = 10000)
d <- escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg)
numbers <- function(v) paste0("[", paste(sprintf("%.15g", v), collapse = ", "), "]")
words <- function(v) paste0("[\"", paste(v, collapse = "\", \""), "\"]")
out <- c(
  sprintf("\"made_by\": \"metafor %s, %s\"", packageVersion("metafor"), R.version.string),
  sprintf("\"year\": %s", numbers(d$year)),
  sprintf("\"alloc\": %s", words(d$alloc))
)
for (cell in c("tpos", "tneg", "cpos", "cneg")) {
  out <- c(out, sprintf("\"%s\": %s", cell, numbers(d[[cell]])))
}
for (method in c("FE", "DL", "REML")) {
  fit <- rma(yi, vi, data = d, method = method, control = tight)
  pdf(NULL)
  b <- baujat(fit)
  r <- radial(fit)
  invisible(dev.off())
  out <- c(out, sprintf(
    "\"baujat_%s\": {\"contribution\": %s, \"influence\": %s}", method, numbers(b$x), numbers(b$y)
  ), sprintf(
    "\"radial_%s\": {\"precision\": %s, \"z\": %s}", method, numbers(r$x), numbers(r$y)
  ))
}
for (test in c("z", "knha")) {
  fits <- lapply(split(d, d$alloc), function(x) rma(yi, vi, data = x, test = test, control = tight))
  part <- function(name) sapply(fits, function(fit) as.vector(fit[[name]]))
  between <- rma(part("beta"), sei = part("se"), method = "FE")
  out <- c(out, sprintf(
    "\"subgroups_%s\": {\"names\": %s, \"estimate\": %s, \"se\": %s, \"ci_low\": %s, \"ci_high\": %s, \"tau2\": %s, \"q\": %.15g, \"df\": %d, \"p\": %.15g}",
    test, words(names(fits)), numbers(part("beta")), numbers(part("se")), numbers(part("ci.lb")),
    numbers(part("ci.ub")), numbers(part("tau2")), between$QE, between$k - 1, between$QEp
  ))
}
cat("{\n  ", paste(out, collapse = ",\n  "), "\n}\n", sep = "")
