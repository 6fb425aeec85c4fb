# CCA of every pair of reviews, and of all, as R users compute it from a matrix: one pair after the
# other, by the formula of Pieper et al. 2014 on the two columns.
#
#   Rscript ccar.R MATRIX.csv REPEAT OUT.csv
#
# MATRIX.csv: first column study, then one column of 0, 1 (or X, read as not included) per review.
# OUT.csv: review_a, review_b, cca. Prints the seconds of each repeat (computing alone), one a line,
# then the overall CCA.

words <- commandArgs(trailingOnly = TRUE)
table <- read.csv(words[1], check.names = FALSE, colClasses = "character", na.strings = character())
cells <- as.matrix(table[, -1, drop = FALSE]) == "1"
storage.mode(cells) <- "integer"
cells <- cells[rowSums(cells) > 0, , drop = FALSE]

covered <- function(part) {
  part <- part[rowSums(part) > 0, , drop = FALSE]
  r <- nrow(part)
  (sum(part) - r) / (r * ncol(part) - r)
}

every_pair <- function(cells) {
  two <- combn(ncol(cells), 2)
  apply(two, 2, function(columns) covered(cells[, columns]))
}

for (i in seq_len(as.integer(words[2]))) {
  start <- proc.time()[["elapsed"]]
  pairs <- every_pair(cells)
  overall <- covered(cells)
  cat(proc.time()[["elapsed"]] - start, "\n")
}
cat(format(overall, digits = 17), "\n")
two <- combn(ncol(cells), 2)
found <- data.frame(
  review_a = colnames(cells)[two[1, ]],
  review_b = colnames(cells)[two[2, ]],
  cca = format(pairs, digits = 17, trim = TRUE)
)
write.csv(found, words[3], row.names = FALSE)
