# Fit sets one by one with metafor, under its own defaults.
# Rscript peer_metafor.R DATA.csv REPEAT: columns set, y, v. Prints one line of seconds a repeat, then
# "set estimate se ci_low tau2" of the last; a set that did not converge has NA.
suppressMessages(library(metafor))
args <- commandArgs(trailingOnly = TRUE)
data <- read.csv(args[1])
sets <- split(data, data$set)
one <- function(s) {
  tryCatch({
    x <- rma(y, v, data = s, method = "REML", test = "knha")
    c(x$beta, x$se, x$ci.lb, x$tau2)
  }, error = function(e) rep(NA_real_, 4))
}
for (i in seq_len(as.integer(args[2]))) {
  start <- proc.time()[["elapsed"]]
  found <- lapply(sets, one)
  cat("seconds", proc.time()[["elapsed"]] - start, "\n")
}
cat("version", as.character(packageVersion("metafor")), R.version$major, R.version$minor, "\n")
for (f in found) cat("set", format(f, digits = 17), "\n")
