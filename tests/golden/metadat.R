# Writes metadat.json: Rscript tests/golden/metadat.R > tests/golden/metadat.json
# Data sets of metadat that no other reference file has: effects, fits, tests of bias, trim and fill.
suppressMessages(library(metafor))
number <- function(v) {
  v <- suppressWarnings(as.numeric(v))
  text <- ifelse(is.finite(v), sprintf("%.15g", v), "null")
  if (length(v) == 1) text else paste0("[", paste(text, collapse = ","), "]")
}
fields <- function(x) {
  paste0("{", paste(sprintf("\"%s\":%s", names(x), unlist(x)), collapse = ","), "}")
}
quietly <- function(e) suppressWarnings(suppressMessages(tryCatch(e, error = function(x) NULL)))
fitted <- function(yi, vi, method, test) {
  for (threshold in 10^-(13:8)) {
    tight <- list(threshold = threshold, tol = 1e-14, maxiter = 3000)
    fit <- quietly(rma(yi, vi, method = method, test = test, control = tight))
    if (!is.null(fit)) return(fit)
  }
}
one <- function(name, measure, cells, ...) {
  es <- quietly(escalc(measure, ...))
  ok <- is.finite(es$yi) & is.finite(es$vi) & es$vi > 0
  yi <- es$yi[ok]; vi <- es$vi[ok]; attributes(yi) <- NULL
  out <- list(measure = sprintf("\"%s\"", measure), cells = fields(lapply(cells, number)),
              yi = number(ifelse(ok, es$yi, NA)), vi = number(ifelse(ok, es$vi, NA)))
  for (method in c("FE", "DL", "HE", "SJ", "PM", "ML", "REML")) for (test in c("z", "knha")) {
    fit <- fitted(yi, vi, method, test)
    parts <- fit[c("beta", "se", "ci.lb", "ci.ub", "pval", "tau2", "I2", "QE", "QEp")]
    out[[paste(method, test, sep = ".")]] <- fields(lapply(parts, number))
  }
  common <- fitted(yi, vi, "FE", "z")
  qp <- confint(fitted(yi, vi, "DL", "z"), control = list(tol = 1e-12))$random[1, 2:3]
  egger <- regtest(yi, vi, model = "lm")
  rank <- quietly(ranktest(yi, vi))
  filled <- lapply(c("L0", "R0"), function(e) quietly(trimfill(common, estimator = e)))
  out$tests <- fields(list(
    tau2_low = number(qp[1]), tau2_high = number(qp[2]), egger = number(egger$zval),
    egger_p = number(egger$pval), rank_tau = number(rank$tau),
    L0 = number(filled[[1]]$k0), R0 = number(filled[[2]]$k0),
    L0_estimate = number(filled[[1]]$beta), R0_estimate = number(filled[[2]]$beta)
  ))
  sprintf("\"%s_%s\": %s", name, measure, fields(out))
}
tables <- function(name, a, b, c, d, measures = c("RR", "OR", "RD")) {
  sapply(measures, function(m) one(name, m, list(ai = a, bi = b, ci = c, di = d), ai = a, bi = b, ci = c, di = d))
}
arms <- function(name, d, measures = c("RR", "OR", "RD")) {
  tables(name, d$ai, d$n1i - d$ai, d$ci, d$n2i - d$ci, measures)
}
g <- dat.gibson2002; v <- dat.viechtbauer2021; h <- dat.hart1999; s <- subset(dat.dagostino1998, !is.na(mt))
co <- dat.cohen1981; na <- dat.nakagawa2007; ha <- dat.hasselblad1998; dm <- dat.damico2009
out <- c(
  arms("hahn2001", dat.hahn2001), arms("graves2010", dat.graves2010), arms("lau1992", dat.lau1992),
  arms("laopaiboon2015", dat.laopaiboon2015), arms("yusuf1985t9", subset(dat.yusuf1985, table == 9)),
  tables("gibson2002", g$ai, g$bi, g$ci, g$di),
  tables("viechtbauer2021", v$xTi, v$nTi - v$xTi, v$xCi, v$nCi - v$xCi),
  tables("damico2009", dm$xt, dm$nt - dm$xt, dm$xc, dm$nc - dm$xc),
  sapply(c("MD", "SMD", "ROM"), function(m) one("gibson2002", m,
    list(m1i = g$m1i, sd1i = g$sd1i, n1i = g$n1i, m2i = g$m2i, sd2i = g$sd2i, n2i = g$n2i),
    m1i = g$m1i, sd1i = g$sd1i, n1i = g$n1i, m2i = g$m2i, sd2i = g$sd2i, n2i = g$n2i)),
  sapply(c("MD", "SMD"), function(m) one("dagostino1998", m,
    list(m1i = s$mt, sd1i = s$sdt, n1i = s$tnt, m2i = s$mc, sd2i = s$sdc, n2i = s$tnc),
    m1i = s$mt, sd1i = s$sdt, n1i = s$tnt, m2i = s$mc, sd2i = s$sdc, n2i = s$tnc)),
  sapply(c("IRR", "IRD"), function(m) one("hart1999", m,
    list(x1i = h$x1i, t1i = h$t1i, x2i = h$x2i, t2i = h$t2i),
    x1i = h$x1i, t1i = h$t1i, x2i = h$x2i, t2i = h$t2i)),
  sapply(c("COR", "ZCOR"), function(m) one("cohen1981", m, list(ri = co$ri, ni = co$ni), ri = co$ri, ni = co$ni)),
  one("nakagawa2007", "ZCOR", list(ri = na$Correlation, ni = na$SampleSize), ri = na$Correlation, ni = na$SampleSize),
  sapply(c("PLO", "PAS", "PFT"), function(m) one("hasselblad1998", m, list(xi = ha$xi, ni = ha$ni), xi = ha$xi, ni = ha$ni))
)
made_by <- sprintf("\"made_by\": \"metafor %s, %s\"", packageVersion("metafor"), R.version.string)
cat("{\n", made_by, ",\n\"cases\": {\n", paste(out, collapse = ",\n"), "\n}}\n", sep = "")
