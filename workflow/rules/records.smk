# Read every search export, losing nothing: declared = found = parsed.


rule records:
    input:
        searches=table("search/searches"),
        raw=inputs.exports(Path("data")),
    output:
        records="results/records/records.csv",
        import_log="results/records/import_log.csv",
        problems="results/records/problems.csv",
        decisions="results/records/decisions.csv",
        figures="results/records/figures.csv",
    log:
        "results/logs/records.log",
    params:
        code=digest_of_command("records"),
        out=subpath(output.records, parent=True),
        accept=[
            f"--accept-count={search}={reason}"
            for search, reason in setting("records", "accept_count", {}).items()
        ],
    shell:
        "parapluie records --searches {input.searches:q} --raw {input.raw:q}"
        " {params.accept:q} --out {params.out} 2> {log}"
