# Read every search export, losing nothing: declared = found = parsed.


rule records:
    input:
        searches=table("search/searches"),
        raw=inputs.exports(Path("data")),
    output:
        records="results/records/records.csv",
        log="results/records/import_log.csv",
        problems="results/records/problems.csv",
        figures="results/records/figures.csv",
    params:
        code=digest_of_command("records"),
        out=subpath(output.records, parent=True),
        accept=[f"{k}={v}" for k, v in setting("records", "accept_count", {}).items()],
    log:
        "results/logs/records.log",
    shell:
        "parapluie records --searches {input.searches} --raw {input.raw}"
        " --accept-count {params.accept:q} --out {params.out} 2> {log}"
