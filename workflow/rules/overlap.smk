# How far the included reviews rest on the same primary studies.


rule overlap:
    input:
        reviews="results/included/reviews.csv",
        studies=table("extraction/studies"),
        study_facts=table("extraction/study_facts"),
        links=table("extraction/study_links"),
        distribution=table("extraction/overlap_distribution"),
    output:
        matrix="results/overlap/matrix.csv",
        inclusions="results/overlap/inclusions.csv",
        cca="results/overlap/cca.csv",
        pairs="results/overlap/pairs.csv",
        pairs_of_scopes="results/overlap/pairs_of_scopes.csv",
        reviews="results/overlap/reviews.csv",
        citation_matrix="results/overlap/citation_matrix.csv",
        merges="results/overlap/merges.csv",
        sensitivity="results/overlap/sensitivity.csv",
        assumptions="results/overlap/assumptions.csv",
        sentence="results/overlap/sentence.txt",
        distribution="results/overlap/distribution.csv",
        matches="results/overlap/matches_to_check.csv",
        problems="results/overlap/problems.csv",
        figures="results/overlap/figures.csv",
        intersections="results/overlap/intersections.csv",
        drawings="results/overlap/drawings.csv",
        not_drawn="results/overlap/not_drawn.csv",
    log:
        "results/logs/overlap.log",
    params:
        code=digest_of_command("overlap"),
        out=subpath(output.matrix, parent=True),
        bands=setting("overlap", "bands", "half_open"),
        missingness=setting("overlap", "structural_missingness", "none"),
        ineligible=setting("overlap", "ineligible", "not_included"),
        impute=setting("overlap", "impute", "none"),
        width=setting("forest", "width_mm", 180),
        dpi=setting("forest", "dpi", 300),
    shell:
        "parapluie overlap --reviews {input.reviews:q} --studies {input.studies:q}"
        " --study-facts {input.study_facts:q} --links {input.links:q}"
        " --distribution {input.distribution:q} --bands {params.bands}"
        " --structural-missingness {params.missingness} --ineligible {params.ineligible}"
        " --impute {params.impute} --width-mm {params.width} --dpi {params.dpi} --out {params.out} 2> {log}"
