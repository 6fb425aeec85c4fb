# One forest plot per outcome and scale.


rule forest:
    input:
        protocol="data/protocol.yaml",
        effects="results/synthesis/effects.csv",
        pooled="results/synthesis/pooled.csv",
        averages="results/synthesis/study_averages.csv",
        study_facts=table("extraction/study_facts"),
        reviews="results/included/reviews.csv",
        appraisal="results/appraisal/overall.csv",
    output:
        folder=directory("results/forest"),
    log:
        "results/logs/forest.log",
    # the forest plots take longest: what they wait for goes first
    priority: 1
    params:
        code=digest_of_command("forest"),
        width=setting("forest", "width_mm", 175),
        limits=[f"{m}={a},{b}" for m, (a, b) in setting("forest", "limits", {}).items()],
    shell:
        "parapluie forest --protocol {input.protocol:q} --effects {input.effects:q}"
        " --pooled {input.pooled:q} --studies {input.averages:q}"
        " --study-facts {input.study_facts:q} --reviews {input.reviews:q}"
        " --appraisal {input.appraisal:q} --width-mm {params.width} --limits {params.limits}"
        " --out {output.folder} 2> {log}"
