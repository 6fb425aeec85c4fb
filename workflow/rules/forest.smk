# Forest plots and the figures beside them.


rule forest:
    input:
        protocol="data/protocol.yaml",
        effects=rules.synthesis.output.effects,
        pooled=rules.synthesis.output.pooled,
        averages=rules.synthesis.output.averages,
        equivalents=rules.synthesis.output.equivalents,
        problems=rules.synthesis.output.problems,
        reviews="results/included/reviews.csv",
        appraisal="results/appraisal/overall.csv",
        matrix=rules.overlap.output.matrix,
        verdicts="results/credibility/verdicts.csv",
        study_facts=table("extraction/study_facts"),
        study_effects=table("extraction/study_effects"),
        findings=table("extraction/findings"),
    output:
        folder=directory("results/forest"),
    log:
        "results/logs/forest.log",
    # the figures take longest: what they wait for goes first
    priority: 1
    params:
        code=digest_of_command("forest"),
        width=setting("forest", "width_mm", 180),
        dpi=setting("forest", "dpi", 300),
        kinds=setting("forest", "figures", "all"),
        limits=[f"{m}={a},{b}" for m, (a, b) in setting("forest", "limits", {}).items()],
    shell:
        "parapluie forest --protocol {input.protocol:q} --effects {input.effects:q}"
        " --pooled {input.pooled:q} --studies {input.averages:q}"
        " --equivalents {input.equivalents:q} --problems {input.problems:q}"
        " --reviews {input.reviews:q} --appraisal {input.appraisal:q} --matrix {input.matrix:q}"
        " --verdicts {input.verdicts:q} --study-facts {input.study_facts:q}"
        " --study-effects {input.study_effects:q} --findings {input.findings:q}"
        " --width-mm {params.width} --dpi {params.dpi} --kinds {params.kinds} --limits {params.limits}"
        " --out {output.folder} 2> {log}"
