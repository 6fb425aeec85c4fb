# Which full texts are there, and whether quotes stand on the page they name.


rule fulltexts:
    input:
        state="results/screening/state.csv",
        reports="results/deduplication/reports.csv",
        aliases="results/deduplication/aliases.csv",
        fulltexts=table("fulltexts/fulltexts"),
        pdfs=inputs.pdfs(Path("data")),
        quotes=inputs.quoted(Path("data")),
        extraction_reports=table("extraction/reports"),
    output:
        status="results/fulltexts/status.csv",
        quotes="results/fulltexts/quotes.csv",
        figures="results/fulltexts/figures.csv",
    log:
        "results/logs/fulltexts.log",
    params:
        code=digest_of_command("fulltexts"),
        out=subpath(output.status, parent=True),
    shell:
        "parapluie fulltexts --state {input.state:q} --reports {input.reports:q}"
        " --aliases {input.aliases:q} --fulltexts {input.fulltexts:q} --pdfs {input.pdfs:q}"
        " --quotes {input.quotes:q} --extraction-reports {input.extraction_reports:q}"
        " --out {params.out} 2> {log}"
