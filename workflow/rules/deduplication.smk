# Gather the records of one report; human answers win and nothing is deleted.


rule deduplication:
    input:
        records="results/records/records.csv",
        record_figures="results/records/figures.csv",
        searches=table("search/searches"),
        overrides=table("search/overrides"),
        removed=table("search/removed"),
    output:
        clusters="results/deduplication/clusters.csv",
        aliases="results/deduplication/aliases.csv",
        relations="results/deduplication/relations.csv",
        pairs="results/deduplication/pairs_to_check.csv",
        reports="results/deduplication/reports.csv",
        problems="results/deduplication/problems.csv",
        sources="results/deduplication/sources.csv",
        source_overlap="results/deduplication/source_overlap.csv",
        source_combinations="results/deduplication/source_combinations.csv",
        rules="results/deduplication/rules.csv",
        figures="results/deduplication/figures.csv",
    log:
        "results/logs/deduplication.log",
    params:
        code=digest_of_command("deduplication"),
        out=subpath(output.clusters, parent=True),
        policy=[
            f"--policy={relation}={what}"
            for relation, what in setting("deduplication", "policy", {}).items()
        ],
    shell:
        "parapluie deduplication --records {input.records:q} --searches {input.searches:q}"
        " --overrides {input.overrides:q} --removed {input.removed:q} {params.policy:q}"
        " --out {params.out} 2> {log}"
