# The state of each report at each stage, from the events of the reviewers.


rule screening:
    input:
        protocol="data/protocol.yaml",
        reports="results/deduplication/reports.csv",
        aliases="results/deduplication/aliases.csv",
        rounds=table("screening/rounds"),
        decisions=inputs.decisions(Path("data")),
    output:
        state="results/screening/state.csv",
        conflicts="results/screening/conflicts.csv",
        agreement="results/screening/agreement.csv",
        problems="results/screening/problems.csv",
        figures="results/screening/figures.csv",
    log:
        "results/logs/screening.log",
    params:
        code=digest_of_command("screening"),
        out=subpath(output.state, parent=True),
    shell:
        "parapluie screening --protocol {input.protocol:q} --reports {input.reports:q}"
        " --aliases {input.aliases:q} --rounds {input.rounds:q} --decisions {input.decisions:q}"
        " --out {params.out} 2> {log}"
