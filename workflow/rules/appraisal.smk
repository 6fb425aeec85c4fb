# The methodological quality of each included review, item by item.


rule appraisal:
    input:
        protocol="data/protocol.yaml",
        reviews="results/included/reviews.csv",
        ratings=inputs.appraisals(Path("data"), "ratings"),
        recorded=inputs.appraisals(Path("data"), "recorded"),
        counts=inputs.appraisals(Path("data"), "counts"),
        overrides=inputs.appraisals(Path("data"), "overrides"),
        tools=inputs.appraisal_tools(Path("data")),
        reports="results/included/reports.csv",
        status="results/fulltexts/status.csv",
        # read only where a rater cites a page
        pdfs=inputs.pdfs(Path("data")),
    output:
        answers="results/appraisal/items.csv",
        overall="results/appraisal/overall.csv",
        agreement="results/appraisal/agreement.csv",
        disagreements="results/appraisal/disagreements.csv",
        problems="results/appraisal/problems.csv",
        quotes="results/appraisal/quotes.csv",
        figures="results/appraisal/figures.csv",
        drawings="results/appraisal/drawings.csv",
        not_drawn="results/appraisal/not_drawn.csv",
    log:
        "results/logs/appraisal.log",
    # the forest plots take longest: what they wait for goes first
    priority: 1
    params:
        code=digest_of_command("appraisal"),
        out=subpath(output.answers, parent=True),
        width=setting("forest", "width_mm", 180),
        dpi=setting("forest", "dpi", 300),
    shell:
        "parapluie appraisal --protocol {input.protocol:q} --reviews {input.reviews:q}"
        " --ratings {input.ratings:q} --recorded {input.recorded:q} --counts {input.counts:q}"
        " --overrides {input.overrides:q} --tools {input.tools:q} --reports {input.reports:q} --status {input.status:q}"
        " --width-mm {params.width} --dpi {params.dpi} --out {params.out} 2> {log}"
