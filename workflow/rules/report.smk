# The page, the tables, the workbook, the drawings and the manifest.


rule report:
    input:
        protocol="data/protocol.yaml",
        config="config/config.yaml",
        claims=table("claims"),
        figures=lambda wildcards: [
            p for p in ["data/figures.yaml"] if Path(p).is_file()
        ],
        data=inputs.every_file(Path("data")),
        drawings=rules.prisma.output.drawings,
        forest="results/forest",
        results=[
            f"results/{stage}/figures.csv"
            for stage in (
                "records deduplication screening fulltexts included prisma appraisal overlap"
                " synthesis credibility narrative"
            ).split()
        ],
        exports=[rules.records.output.problems, rules.records.output.records],
        deduplicated=[
            rules.deduplication.output.reports,
            rules.deduplication.output.relations,
            rules.deduplication.output.pairs,
            rules.deduplication.output.problems,
            rules.deduplication.output.source_overlap,
            rules.deduplication.output.source_combinations,
            rules.deduplication.output.rules,
        ],
    # update: when the report cannot be made, the one before stays
    output:
        page=update("reports/index.html"),
        manifest=update("reports/manifest.json"),
        tables=update(directory("reports/tables")),
        drawings=update(directory("reports/figures")),
        workbook=update("reports/parapluie.xlsx"),
    log:
        "results/logs/report.log",
    params:
        code=digest_of_command("report"),
        out=subpath(output.page, parent=True),
        read=inputs.read_by_stages(Path("data")),
    shell:
        "parapluie report --protocol {input.protocol:q} --config {input.config:q}"
        " --claims {input.claims:q} --figures {input.figures:q} --data {input.data:q}"
        " --results results --read {params.read:q} --out {params.out} 2> {log}"
