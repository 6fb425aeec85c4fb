# Directions as the reviews report them, frameworks, and themes by perspective.


rule narrative:
    input:
        protocol="data/protocol.yaml",
        reviews="results/included/reviews.csv",
        findings=table("extraction/findings"),
        framework=table("extraction/framework"),
        themes=table("extraction/themes"),
        appraisal="results/appraisal/overall.csv",
    output:
        votes="results/narrative/votes.csv",
        framework="results/narrative/framework.csv",
        themes="results/narrative/themes.csv",
        by_quality="results/narrative/by_quality.csv",
        problems="results/narrative/problems.csv",
        figures="results/narrative/figures.csv",
    log:
        "results/logs/narrative.log",
    params:
        code=digest_of_command("narrative"),
        out=subpath(output.votes, parent=True),
    shell:
        "parapluie narrative --protocol {input.protocol:q} --reviews {input.reviews:q}"
        " --findings {input.findings:q} --framework {input.framework:q} --themes {input.themes:q}"
        " --appraisal {input.appraisal:q} --out {params.out} 2> {log}"
