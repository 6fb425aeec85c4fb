# Results of reviews in one direction, checked; results of studies pooled.


rule synthesis:
    input:
        protocol="data/protocol.yaml",
        reviews="results/included/reviews.csv",
        effects=table("extraction/effects"),
        study_effects=table("extraction/study_effects"),
        findings=table("extraction/findings"),
        appraisal="results/appraisal/overall.csv",
        inclusions="results/overlap/inclusions.csv",
        study_facts=table("extraction/study_facts"),
        relevance=table("extraction/relevance"),
        choices=table("extraction/choices"),
    output:
        effects="results/synthesis/effects.csv",
        pooled="results/synthesis/pooled.csv",
        averages="results/synthesis/study_averages.csv",
        same="results/synthesis/same_results.csv",
        problems="results/synthesis/problems.csv",
        repooled="results/synthesis/repooled.csv",
        chosen="results/synthesis/chosen_results.csv",
        by_rule="results/synthesis/pooled_by_rule.csv",
        equivalents="results/synthesis/equivalents.csv",
        choices="results/synthesis/choices.csv",
        losses="results/synthesis/choice_losses.csv",
        supplement="results/synthesis/supplement.csv",
        results_by_rule="results/synthesis/results_by_rule.csv",
        shared="results/synthesis/shared_results.csv",
        discordance="results/synthesis/discordance.csv",
        by_quality="results/synthesis/by_quality.csv",
        left_out="results/synthesis/left_out_by_quality.csv",
        figures="results/synthesis/figures.csv",
    log:
        "results/logs/synthesis.log",
    # the forest plots take longest: what they wait for goes first
    priority: 1
    params:
        code=digest_of_command("synthesis"),
        out=subpath(output.effects, parent=True),
    shell:
        "parapluie synthesis --protocol {input.protocol:q} --reviews {input.reviews:q}"
        " --effects {input.effects:q} --study-effects {input.study_effects:q}"
        " --findings {input.findings:q} --appraisal {input.appraisal:q}"
        " --inclusions {input.inclusions:q} --study-facts {input.study_facts:q}"
        " --relevance {input.relevance:q} --choices {input.choices:q} --out {params.out} 2> {log}"
