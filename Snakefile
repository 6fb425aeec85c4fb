# The workflow of an umbrella review. Run `snakemake` for the review in this folder,
# `snakemake --directory PATH` for another one. The rules are in workflow/rules/, one file a stage.

from snakemake.utils import min_version

min_version("9.10")


include: "workflow/rules/common.smk"


configfile: "config/config.yaml"


include: "workflow/rules/records.smk"
include: "workflow/rules/deduplication.smk"
include: "workflow/rules/screening.smk"
include: "workflow/rules/fulltexts.smk"
include: "workflow/rules/included.smk"
include: "workflow/rules/prisma.smk"
include: "workflow/rules/appraisal.smk"
include: "workflow/rules/overlap.smk"
include: "workflow/rules/synthesis.smk"
include: "workflow/rules/forest.smk"
include: "workflow/rules/credibility.smk"
include: "workflow/rules/narrative.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        "reports/index.html",
