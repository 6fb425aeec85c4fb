# The included reviews and their reports: the screening result joined to extraction.


rule included:
    input:
        protocol="data/protocol.yaml",
        state="results/screening/state.csv",
        reports="results/deduplication/reports.csv",
        aliases="results/deduplication/aliases.csv",
        extraction_reports=table("extraction/reports"),
        extraction_reviews=table("extraction/reviews"),
    output:
        reviews="results/included/reviews.csv",
        reports="results/included/reports.csv",
        awaiting="results/included/awaiting_extraction.csv",
        problems="results/included/problems.csv",
        figures="results/included/figures.csv",
    log:
        "results/logs/included.log",
    params:
        code=digest_of_command("included"),
        out=subpath(output.reviews, parent=True),
    shell:
        "parapluie included --protocol {input.protocol:q} --state {input.state:q}"
        " --reports {input.reports:q} --aliases {input.aliases:q}"
        " --extraction-reports {input.extraction_reports:q}"
        " --extraction-reviews {input.extraction_reviews:q} --out {params.out} 2> {log}"
