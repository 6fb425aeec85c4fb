# The credibility class of each pooled result, by the sets of rules that the protocol chooses.


rule credibility:
    input:
        protocol="data/protocol.yaml",
        pooled="results/synthesis/pooled.csv",
        averages="results/synthesis/study_averages.csv",
        printed="results/synthesis/effects.csv",
        appraisal="results/appraisal/overall.csv",
        overlap="results/overlap/cca.csv",
        study_effects=table("extraction/study_effects"),
        study_facts=table("extraction/study_facts"),
        review_effects=table("extraction/effects"),
        rules=inputs.rule_sets(Path("data")),
    output:
        classes="results/credibility/classes.csv",
        verdicts="results/credibility/verdicts.csv",
        battery="results/credibility/battery.csv",
        figures="results/credibility/figures.csv",
    log:
        "results/logs/credibility.log",
    params:
        code=digest_of_command("credibility"),
        out=subpath(output.classes, parent=True),
    shell:
        "parapluie credibility --protocol {input.protocol:q} --pooled {input.pooled:q}"
        " --averages {input.averages:q} --printed {input.printed:q}"
        " --appraisal {input.appraisal:q} --overlap {input.overlap:q}"
        " --study-effects {input.study_effects:q} --study-facts {input.study_facts:q}"
        " --review-effects {input.review_effects:q} --rules {input.rules:q}"
        " --out {params.out} 2> {log}"
