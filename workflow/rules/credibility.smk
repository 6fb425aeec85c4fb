# The credibility class of each pooled result.


rule credibility:
    input:
        protocol="data/protocol.yaml",
        pooled="results/synthesis/pooled.csv",
        appraisal="results/appraisal/overall.csv",
        overlap="results/overlap/cca.csv",
    output:
        classes="results/credibility/classes.csv",
        figures="results/credibility/figures.csv",
    log:
        "results/logs/credibility.log",
    params:
        code=digest_of_command("credibility"),
        out=subpath(output.classes, parent=True),
    shell:
        "parapluie credibility --protocol {input.protocol:q} --pooled {input.pooled:q}"
        " --appraisal {input.appraisal:q} --overlap {input.overlap:q} --out {params.out} 2> {log}"
