# The flow of records, reports, reviews and studies, counted from the rows and checked.


rule prisma:
    input:
        protocol="data/protocol.yaml",
        searches=table("search/searches"),
        records="results/records/records.csv",
        clusters="results/deduplication/clusters.csv",
        reports="results/deduplication/reports.csv",
        aliases="results/deduplication/aliases.csv",
        removed=table("search/removed"),
        state="results/screening/state.csv",
        decisions=inputs.decisions(Path("data")),
        fulltexts="results/fulltexts/status.csv",
        included_reports="results/included/reports.csv",
        included_reviews="results/included/reviews.csv",
        studies=table("extraction/studies"),
        recorded_flow=table("search/recorded_flow"),
    output:
        flow="results/prisma/flow.json",
        checks="results/prisma/checks.csv",
        figures="results/prisma/figures.csv",
        drawings=multiext("results/prisma/flow", ".svg", ".pdf", ".png"),
    log:
        "results/logs/prisma.log",
    params:
        code=digest_of_command("prisma"),
        out=subpath(output.flow, parent=True),
        per_source=lambda wildcards: (
            "yes" if setting("prisma", "per_source", True) else "no"
        ),
    shell:
        "parapluie prisma --protocol {input.protocol:q} --searches {input.searches:q}"
        " --records {input.records:q} --clusters {input.clusters:q} --reports {input.reports:q}"
        " --aliases {input.aliases:q} --removed {input.removed:q} --state {input.state:q}"
        " --decisions {input.decisions:q} --fulltexts {input.fulltexts:q}"
        " --included-reports {input.included_reports:q}"
        " --included-reviews {input.included_reviews:q} --studies {input.studies:q}"
        " --recorded-flow {input.recorded_flow:q} --per-source {params.per_source}"
        " --out {params.out} 2> {log}"
