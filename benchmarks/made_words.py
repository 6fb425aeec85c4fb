"""The words from which bibliographies are made: terms of the field, names and places, no titles."""

from __future__ import annotations


def _list(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in " ".join(text.split()).split(";"))


CONDITIONS = _list(
    """
    depression; anxiety; schizophrenia; bipolar disorder; insomnia; autism spectrum disorder;
    dementia; Alzheimer disease; Parkinson disease; multiple sclerosis; epilepsy; migraine;
    stroke; aphasia; traumatic brain injury; spinal cord injury; neuropathic pain; low back pain;
    neck pain; fibromyalgia; osteoarthritis of the knee; rheumatoid arthritis; systemic lupus
    erythematosus; gout; osteoporosis; hip fracture; sarcopenia; frailty; falls; delirium; sepsis;
    septic shock; pneumonia; tuberculosis; malaria; HIV infection; hepatitis B; hepatitis C;
    influenza; COVID-19; dengue; leishmaniasis; schistosomiasis; urinary tract infection; otitis
    media; sinusitis; asthma; COPD; cystic fibrosis; idiopathic pulmonary fibrosis; pulmonary
    embolism; sleep apnoea; lung cancer; breast cancer; prostate cancer; colorectal cancer;
    gastric cancer; pancreatic cancer; hepatocellular carcinoma; bladder cancer; ovarian cancer;
    cervical cancer; melanoma; glioblastoma; acute myeloid leukaemia; multiple myeloma; diffuse
    large B-cell lymphoma; sickle cell disease; thalassaemia; haemophilia; iron deficiency
    anaemia; deep vein thrombosis; hypertension; pre-eclampsia; heart failure; atrial
    fibrillation; myocardial infarction; angina; aortic stenosis; peripheral artery disease;
    cardiac arrest; type 1 diabetes; type 2 diabetes; gestational diabetes; diabetic foot ulcer;
    diabetic retinopathy; obesity; metabolic syndrome; hypothyroidism; polycystic ovary syndrome;
    endometriosis; infertility; preterm birth; postpartum haemorrhage; neonatal jaundice;
    bronchopulmonary dysplasia; retinopathy of prematurity; cerebral palsy; scoliosis; clubfoot;
    developmental delay; attention deficit hyperactivity disorder; conduct problems; eating
    disorders; anorexia nervosa; obsessive compulsive disorder; post-traumatic stress disorder;
    self-harm; suicide; alcohol dependence; opioid use disorder; tobacco dependence; gambling
    disorder; burnout; loneliness; grief; child maltreatment; intimate partner violence; bullying;
    malnutrition; stunting; cholera; diarrhoea; irritable bowel syndrome; Crohn disease;
    ulcerative colitis; coeliac disease; gastro-oesophageal reflux disease; peptic ulcer;
    cirrhosis; non-alcoholic fatty liver disease; gallstones; acute pancreatitis; appendicitis;
    inguinal hernia; chronic kidney disease; acute kidney injury; nephrotic syndrome; kidney
    stones; urinary incontinence; benign prostatic hyperplasia; erectile dysfunction; psoriasis;
    atopic dermatitis; acne; venous leg ulcers; pressure ulcers; burns; cataract; glaucoma;
    age-related macular degeneration; dry eye; myopia; hearing loss; tinnitus; vertigo; dental
    caries; periodontitis; temporomandibular disorders; cleft lip and palate; anaphylaxis; food
    allergy; allergic rhinitis; scabies; trachoma; onchocerciasis; cutaneous anthrax; brucellosis;
    Lyme disease; Chagas disease; Ebola virus disease
    """
)

CONDITION_MARKS = _list(
    """
    acute; chronic; severe; mild to moderate; recurrent; treatment-resistant; newly diagnosed;
    advanced; early; late-life; postoperative; perinatal; paediatric; hospital-acquired;
    community-acquired; symptomatic; uncomplicated; refractory; subclinical; comorbid;
    work-related; early-onset; high-risk; moderate; metastatic
    """
)

INTERVENTIONS = _list(
    """
    cognitive behavioural therapy; interpersonal therapy; mindfulness training; peer support;
    motivational interviewing; problem-solving therapy; music therapy; art therapy; yoga; tai chi;
    aerobic exercise; resistance training; balance training; treadmill training;
    constraint-induced movement therapy; mirror therapy; virtual reality; telerehabilitation;
    mobile phone messages; home visits; case management; collaborative care; shared decision
    making; patient education; self-management support; parent training; school lunches; cash
    transfers; health coaching; pharmacist-led review; nurse-led clinics; community health
    workers; early mobilisation; pulmonary rehabilitation; cardiac rehabilitation; acupuncture;
    massage; spinal manipulation; transcranial magnetic stimulation; deep brain stimulation;
    electroconvulsive therapy; light therapy; hyperbaric oxygen; non-invasive ventilation; prone
    positioning; high-flow oxygen; intravenous fluids; blood transfusion; iron supplementation;
    vitamin D; zinc; omega-3 fatty acids; probiotics; breastfeeding promotion; kangaroo mother
    care; delayed cord clamping; antenatal corticosteroids; magnesium sulphate; oxytocin; aspirin;
    statins; beta-blockers; metformin; insulin pumps; corticosteroids; antibiotics;
    antidepressants; antipsychotics; lithium; ketamine; opioids; gabapentinoids; cannabinoids;
    local anaesthesia; nerve blocks; laparoscopic surgery; robotic surgery; bariatric surgery;
    total knee replacement; coronary stenting; catheter ablation; dialysis; kidney
    transplantation; stem cell transplantation; radiotherapy; chemotherapy; immunotherapy; hormone
    therapy; palliative care; advance care planning; hospice care; screening; vaccination; mass
    drug administration; bed nets; water treatment; handwashing; fluoride varnish; sealants;
    orthodontic retention; compression bandages; silver dressings; negative pressure wound
    therapy; phototherapy; contact lenses; cochlear implants; hearing aids; speech therapy;
    occupational therapy; supported employment; housing first; needle exchange; methadone;
    nicotine replacement; brief advice; text reminders; audit and feedback; clinical pathways;
    triage by nurses; electronic prescribing; telemonitoring; point-of-care testing; financial
    incentives; plain packaging
    """
)

INTERVENTION_MARKS = _list(
    """
    brief; group; internet-delivered; home-based; school-based; community-based; low-dose;
    high-dose; early; intensive; long-term; individual; supervised; guided; stepped;
    primary-care-based; culturally adapted; twice-daily; oral; topical; intravenous; prophylactic;
    preoperative; postoperative; adjuvant; combined; workplace; family
    """
)

OUTCOMES = _list(
    """
    quality of life; mortality; hospital readmission; length of stay; pain intensity; physical
    function; gait speed; balance; grip strength; fatigue; sleep quality; depressive symptoms;
    anxiety symptoms; cognitive function; executive function; memory; body weight; blood pressure;
    glycaemic control; lipid profile; bone density; wound healing; infection rates; relapse;
    remission; adherence to treatment; patient satisfaction; return to work; school attendance;
    academic achievement; language development; motor development; growth; birth weight;
    breastfeeding duration; caesarean section rates; treatment costs; health care use; survival;
    progression; adverse events; bleeding; falls; fear of falling; caregiver burden;
    self-efficacy; social participation; stigma; resilience; coping; alcohol consumption; smoking
    cessation; physical activity; dietary intake; oral hygiene; visual acuity; hearing thresholds;
    lung function; exercise capacity; dyspnoea; swallowing; speech intelligibility; spasticity;
    upper limb function; walking ability; activities of daily living; nutritional status;
    inflammation
    """
)

POPULATIONS = _list(
    """
    children; adolescents; adults; older adults; young adults; infants; preterm infants; pregnant
    women; postpartum women; women; men; veterans; refugees; university students; nurses; medical
    students; caregivers; hospital inpatients; nursing home residents; people with intellectual
    disability; primary care patients; critically ill patients; homeless people; prisoners;
    migrants; rural residents; schoolchildren; athletes; shift workers; health professionals;
    cancer survivors; stroke survivors; kidney transplant recipients; haemodialysis patients;
    indigenous people; people living with HIV; sex workers; farmers; teachers; mothers; fathers;
    siblings; widows; outpatients
    """
)

CONTRASTS = (
    ("children", "adults"), ("men", "women"), ("adolescents", "young adults"),
    ("older adults", "younger adults"), ("infants", "preterm infants"), ("mothers", "fathers"),
    ("inpatients", "outpatients"), ("nurses", "physicians"), ("boys", "girls"),
    ("rural residents", "urban residents"), ("medical students", "nursing students"),
    ("pregnant women", "postpartum women"), ("veterans", "civilians"),
)  # fmt: skip
"""Populations that authors study in sister papers."""

PLACES = _list(
    """
    Norway; Sweden; Denmark; Finland; Germany; the Netherlands; Belgium; France; Spain; Portugal;
    Italy; Greece; Turkey; Iran; Iraq; Israel; Egypt; Nigeria; Ghana; Kenya; Uganda; Ethiopia;
    Tanzania; Malawi; South Africa; Zambia; India; Pakistan; Bangladesh; Nepal; Sri Lanka;
    Thailand; Vietnam; Malaysia; Indonesia; the Philippines; China; Taiwan; Hong Kong; South
    Korea; Japan; Australia; New Zealand; Canada; the United States; Mexico; Guatemala; Colombia;
    Peru; Brazil; Chile; Argentina; the United Kingdom; Scotland; Wales; Ireland; Poland; the
    Czech Republic; Hungary; Romania; Russia; Ukraine; Kazakhstan; Mongolia; Saudi Arabia; Jordan;
    Lebanon; Qatar; Morocco; Tunisia; Cameroon; Senegal; Mozambique; Zimbabwe; Rwanda; Fiji; Papua
    New Guinea; Ontario; Quebec; California; Texas; New York; Ohio; Florida; Bavaria; Catalonia;
    Lombardy; Queensland; Kerala; Tamil Nadu; Punjab; Guangdong; Shanghai; Beijing; Sichuan;
    Zhejiang
    """
)

DESIGNS = _list(
    """
    a systematic review; a systematic review and meta-analysis; a meta-analysis; a randomised
    controlled trial; a cluster randomised trial; a pilot study; a feasibility study; a cohort
    study; a prospective cohort study; a retrospective cohort study; a case-control study; a
    cross-sectional study; a qualitative study; a mixed methods study; a scoping review; an
    umbrella review; a network meta-analysis; a narrative review; a case series; a case report; a
    population-based study; a registry-based study; a multicentre study; a longitudinal study; a
    Delphi study; results of a national survey; an interrupted time series analysis; a
    cost-effectiveness analysis; a secondary analysis; a double-blind placebo-controlled trial; a
    crossover trial; a non-inferiority trial
    """
)

EXPOSURES = _list(
    """
    air pollution; noise; shift work; sedentary behaviour; coffee consumption; red meat intake;
    sugar-sweetened beverages; alcohol use; cigarette smoking; passive smoking; e-cigarette use;
    childhood adversity; unemployment; social isolation; maternal obesity; short sleep duration;
    vitamin D deficiency; low birth weight; antibiotic use; oral contraceptives; hormone
    replacement; proton pump inhibitors; benzodiazepines; pesticide exposure; lead exposure;
    asbestos exposure; screen time; poor sleep; periodontal disease; migraine; parity; early
    menopause; shift patterns; heat waves
    """
)

TESTS = _list(
    """
    magnetic resonance imaging; computed tomography; ultrasound; positron emission tomography;
    C-reactive protein; procalcitonin; troponin; D-dimer; HPV testing; liquid-based cytology;
    faecal immunochemical testing; mammography; spirometry; polysomnography;
    electroencephalography; a screening questionnaire; capillary microscopy; optical coherence
    tomography; urinary biomarkers; plasma microRNA; machine learning; a clinical prediction rule
    """
)

PROCESSES = _list(
    """
    apoptosis; autophagy; proliferation; migration; invasion; angiogenesis; differentiation;
    senescence; glucose uptake; lipid accumulation; oxidative stress; mitochondrial dysfunction;
    inflammatory signalling; fibrosis; osteogenesis; synaptic plasticity; neuroinflammation;
    insulin resistance; epithelial-mesenchymal transition; DNA repair; ferroptosis; cell cycle
    arrest; drug resistance; T cell activation; macrophage polarisation; calcium handling;
    vascular remodelling
    """
)

CELLS = _list(
    """
    human hepatocytes; vascular smooth muscle cells; endothelial cells; cardiomyocytes;
    mesenchymal stem cells; macrophages; podocytes; pancreatic beta cells; chondrocytes;
    osteoblasts; hippocampal neurons; astrocytes; microglia; keratinocytes; dermal fibroblasts;
    bronchial epithelial cells; gastric cancer cells; breast cancer cells; colon cancer cells;
    rats; mice; diabetic mice; ovariectomised rats; zebrafish; rabbits; piglets; spontaneously
    hypertensive rats
    """
)

VERBS = _list(
    """
    regulates; inhibits; promotes; attenuates; suppresses; induces; modulates; enhances;
    ameliorates; protects against; mediates; aggravates; reverses; prevents
    """
)

TECHNOLOGIES = _list(
    """
    blockchain; cloud computing; enterprise systems; crowdsourcing platforms; social media; open
    data; big data analytics; digital platforms; electronic health records; mobile payment;
    wearable devices; chatbots; recommender systems; knowledge management; IT outsourcing; online
    communities; software development; machine learning; gig work; telework
    """
)

SECTORS = _list(
    """
    small and medium enterprises; hospitals; public administration; higher education; banking;
    manufacturing; retail; supply chains; developing countries; agriculture; the automotive
    industry; the creative industries; start-ups; professional services; global teams; the sharing
    economy; health insurance; non-profit organisations
    """
)

FIELDS = _list(
    """
    Cardiology; Oncology; Neurology; Psychiatry; Paediatrics; Surgery; Urology; Nephrology;
    Rheumatology; Dermatology; Gastroenterology; Hepatology; Endocrinology; Haematology;
    Immunology; Infectious Diseases; Tropical Medicine; Epidemiology; Public Health; Nursing;
    Midwifery; Anaesthesia; Critical Care; Emergency Medicine; Geriatrics; Rehabilitation;
    Physiotherapy; Pain; Palliative Care; Sleep Medicine; Respiratory Medicine; Obstetrics;
    Gynaecology; Reproduction; Ophthalmology; Otolaryngology; Dentistry; Orthodontics; Radiology;
    Nuclear Medicine; Pathology; Clinical Chemistry; Pharmacology; Toxicology; Nutrition; Obesity;
    Diabetes; Sports Medicine; Occupational Health; Psychology; Psychotherapy; Neuropsychology;
    Addiction; Health Services Research; Health Economics; Medical Ethics; Medical Education;
    Biomedical Informatics; Genetics; Molecular Biology; Cell Biology; Biochemistry; Physiology;
    Neuroscience; Microbiology; Virology; Parasitology; Orthopaedics; Trauma; Burns; Wound Care;
    Vascular Surgery; Transplantation; Stroke; Epilepsy; Headache; Dementia; Ageing; Child
    Development; Adolescent Health; Women's Health; Men's Health; Rural Health; Global Health;
    Vaccines; Biomaterials; Information Systems; Management; Social Work
    """
)

JOURNAL_FORMS = _list(
    """
    Journal of {f}; European Journal of {f}; International Journal of {f}; American Journal of
    {f}; Annals of {f}; Archives of {f}; British Journal of {f}; Scandinavian Journal of {f};
    Canadian Journal of {f}; {f}; {f} Research; BMC {f}; Current Opinion in {f}; Advances in {f};
    Frontiers in {f}; Chinese Journal of {f}; {f} and Therapy; Clinical {f}; Asian Journal of {f};
    Indian Journal of {f}; Seminars in {f}; Expert Review of {f}; {f} Reports
    """
)

JOURNAL_WORDS = {
    "Journal": "J", "European": "Eur", "International": "Int", "American": "Am", "Annals": "Ann",
    "Archives": "Arch", "British": "Br", "Scandinavian": "Scand", "Canadian": "Can",
    "Research": "Res", "Current": "Curr", "Opinion": "Opin", "Advances": "Adv",
    "Frontiers": "Front", "Chinese": "Chin", "Therapy": "Ther", "Clinical": "Clin",
    "Indian": "Indian", "Seminars": "Semin", "Expert": "Expert", "Review": "Rev",
    "Reports": "Rep", "Cardiology": "Cardiol", "Oncology": "Oncol", "Neurology": "Neurol",
    "Paediatrics": "Paediatr", "Surgery": "Surg", "Urology": "Urol", "Nephrology": "Nephrol",
    "Rheumatology": "Rheumatol", "Dermatology": "Dermatol", "Gastroenterology": "Gastroenterol",
    "Hepatology": "Hepatol", "Endocrinology": "Endocrinol", "Haematology": "Haematol",
    "Immunology": "Immunol", "Infectious": "Infect", "Diseases": "Dis", "Tropical": "Trop",
    "Medicine": "Med", "Epidemiology": "Epidemiol", "Nursing": "Nurs", "Anaesthesia": "Anaesth",
    "Critical": "Crit", "Emergency": "Emerg", "Geriatrics": "Geriatr",
    "Rehabilitation": "Rehabil", "Physiotherapy": "Physiother", "Palliative": "Palliat",
    "Respiratory": "Respir", "Obstetrics": "Obstet", "Gynaecology": "Gynaecol",
    "Reproduction": "Reprod", "Ophthalmology": "Ophthalmol", "Otolaryngology": "Otolaryngol",
    "Dentistry": "Dent", "Orthodontics": "Orthod", "Radiology": "Radiol", "Nuclear": "Nucl",
    "Pathology": "Pathol", "Chemistry": "Chem", "Pharmacology": "Pharmacol",
    "Toxicology": "Toxicol", "Nutrition": "Nutr", "Obesity": "Obes", "Occupational": "Occup",
    "Psychology": "Psychol", "Psychotherapy": "Psychother", "Psychiatry": "Psychiatry",
    "Neuropsychology": "Neuropsychol", "Addiction": "Addict", "Services": "Serv",
    "Economics": "Econ", "Medical": "Med", "Ethics": "Ethics", "Education": "Educ",
    "Biomedical": "Biomed", "Informatics": "Inform", "Genetics": "Genet", "Molecular": "Mol",
    "Biology": "Biol", "Biochemistry": "Biochem", "Physiology": "Physiol",
    "Neuroscience": "Neurosci", "Microbiology": "Microbiol", "Virology": "Virol",
    "Parasitology": "Parasitol", "Orthopaedics": "Orthop", "Vascular": "Vasc",
    "Transplantation": "Transplant", "Development": "Dev", "Adolescent": "Adolesc",
    "Biomaterials": "Biomater", "Information": "Inf", "Systems": "Syst", "Management": "Manag",
    "Social": "Soc", "Cochrane": "Cochrane", "Database": "Database", "Systematic": "Syst",
    "Reviews": "Rev", "Protocols": "Protoc", "Conference": "Conf", "Symposium": "Symp", "on": "",
    "of": "", "in": "", "and": "", "for": "", "the": "",
}  # fmt: skip
"""Words of journals and how indexes shorten them (ISO 4 in its usual form)."""

CONFERENCES = _list(
    """
    International Conference on Information Systems; European Conference on Information Systems;
    Americas Conference on Information Systems; Hawaii International Conference on System
    Sciences; Pacific Asia Conference on Information Systems; International Conference on
    Biomedical Engineering; Annual Meeting of the Cognitive Science Society; World Congress on
    Medical Informatics; International Symposium on Wearable Computers; International Conference
    on Health Informatics
    """
)

PROTOCOL_JOURNALS = ("BMJ Open", "Trials", "Systematic Reviews", "JMIR Research Protocols")
PREPRINT_SERVERS = (
    ("medRxiv", "10.1101/{year}.{month:02d}.{day:02d}.{number}"),
    ("bioRxiv", "10.1101/{year}.{month:02d}.{day:02d}.{number}"),
    ("Research Square", "10.21203/rs.3.rs-{number}/v1"),
    ("PsyArXiv", "10.31234/osf.io/{letters}"),
    ("SSRN Electronic Journal", "10.2139/ssrn.{number}"),
)
"""Servers of preprints, and how their DOIs look."""

COLUMNS = _list(
    """
    Editorial; Book reviews; In this issue; From the editor; News and notes; President's message;
    Editor's choice; Introduction to the special issue; Clinical pearls; Images in medicine;
    Annual meeting abstracts; Guest editorial; Introduction to the minitrack; Reviewer
    acknowledgement; Calendar of events; Letter from the editor
    """
)
"""Titles that stand in issue after issue."""

PART_TOPICS = (
    ("methods", "results"), ("study design and baseline characteristics", "outcomes at one year"),
    ("epidemiology", "treatment"), ("diagnosis", "management"), ("theory", "applications"),
    ("development", "validation"), ("background and rationale", "clinical implications"),
    ("short-term effects", "long-term effects"), ("animal models", "clinical studies"),
)  # fmt: skip

SYLLABLES = _list(
    """
    al; be; ca; do; el; fi; ga; ha; il; jo; ke; la; mi; no; ol; pa; re; so; ta; ul; va; xi; ze;
    bra; cro; dri; fle; glo; pra; sta; tri; vel; zan; mor; lin; sur; tor; nib; rav; pem; dex; lor;
    quin; bel; ximo; tela; roso; vera; niro; cabo
    """
)
DRUG_ENDS = _list(
    """
    mab; tinib; statin; pril; sartan; gliptin; gliflozin; vir; azole; cillin; oxetine; pine;
    lukast; ciclib
    """
)

# --- names of people ------------------------------------------------------------------------------

ENGLISH = _list(
    """
    Smith; Jones; Taylor; Brown; Williams; Wilson; Johnson; Davies; Robinson; Wright; Thompson;
    Evans; Walker; White; Roberts; Green; Hall; Wood; Jackson; Clarke; Harris; Lewis; Cooper;
    King; Moore; Baker; Scott; Mitchell; Campbell; Anderson; Stewart; MacDonald; McKenzie;
    O'Brien; O'Connor; Murphy; Kelly; Ryan; Byrne; Hughes; Edwards; Turner; Parker
    """
)
ENGLISH_STARTS = _list(
    """
    Ash; Brad; Hart; Win; Thorn; Black; Whit; Stan; Lang; Red; Har; Burn; Al; Crow; Dun; El; Fair;
    Gold; Hay; Kings; Lock; Mid; Nor; Oak; Pem; Rad; Shel; Thur; Wake; West; Hol; Mars; Brent;
    Clif; Hamp; Shep; Wal; Den; Ful; Bex; Cal; Hatch
    """
)
ENGLISH_ENDS = _list(
    """
    ley; ton; ford; well; wood; field; man; worth; by; ham; den; more; stone; shaw; ster; gate;
    combe; bury
    """
)
NORTHERN_STARTS = _list(
    """
    Ander; Han; Peder; Chris; Lar; Jen; Nil; Ol; Sven; Berg; Lund; Lind; Sand; Dahl; Holm; Nord;
    Ström; Åker; Söder; Ek; Hol; Kirk; Wester; Öster; Björk; Hed; Brand; Stein; Rosen; Gold;
    Eisen; Ober; Nieder; Weid; Schön; Buch; Eich; Winkel; Haber
    """
)
NORTHERN_ENDS = _list(
    """
    sen; sson; berg; lund; gren; ström; dahl; vik; mann; meier; bauer; hoff; stad; feldt; ing;
    ner; huis; stra
    """
)
ROMANCE = _list(
    """
    García; Martínez; López; Sánchez; Pérez; Gómez; Fernández; Rodríguez; González; Díaz; Muñoz;
    Silva; Santos; Oliveira; Pereira; Costa; Ferreira; Souza; Rossi; Russo; Ferrari; Esposito;
    Bianchi; Romano; Colombo; Ricci; Marino; Greco; Conti; Martin; Bernard; Dubois; Durand;
    Moreau; Laurent; Lefèvre; Garnier; Faure; Rousseau; Girard; Mercier; Blanchard; Gauthier;
    Peña; Núñez; Ibáñez; Araújo; Gonçalves; Magalhães; Rinaldi; Gallo; De Luca; D'Angelo;
    Lombardi; Moretti; Barbieri; Testa; Castellanos; Benítez; Cordero; Villanueva; Echeverría;
    Montalvo; Quiroga; Zambrano; Fontana; Pellegrini; Sartori; Vitale
    """
)
SLAVIC_STARTS = _list(
    """
    Novak; Kowal; Wiśniew; Petr; Ivan; Horv; Kov; Marko; Niko; Jov; Popov; Sokol; Dvor; Svob;
    Zelen; Mazur; Kamin; Lewan; Pavl; Stoj
    """
)
SLAVIC_ENDS = _list(
    """
    ski; ska; ov; ova; ić; ak; ek; enko; chuk; ev; eva; yk; icki; owicz
    """
)
CHINESE = _list(
    """
    Wang; Li; Zhang; Liu; Chen; Yang; Huang; Zhao; Wu; Zhou; Xu; Sun; Ma; Zhu; Hu; Guo; He; Lin;
    Gao; Luo; Zheng; Liang; Xie; Song; Tang; Deng; Han; Feng; Cao; Peng; Zeng; Xiao; Tian; Dong;
    Pan; Yuan; Cai; Jiang; Yu; Du; Ye; Cheng; Wei; Su; Lu; Ding; Ren; Shen; Yao; Lei; Hou; Qiu;
    Shi; Bai; Long; Kong; Mao; Tan; Fang; Jin; Chan; Wong; Leung; Cheung; Lam; Ng
    """
)
EAST_ASIAN = _list(
    """
    Kim; Lee; Park; Choi; Jung; Kang; Cho; Yoon; Jang; Lim; Shin; Seo; Kwon; Hwang; Ahn; Tanaka;
    Suzuki; Sato; Takahashi; Ito; Watanabe; Yamamoto; Nakamura; Kobayashi; Kato; Yoshida; Yamada;
    Sasaki; Matsumoto; Inoue; Kimura; Hayashi; Shimizu; Mori; Abe; Ikeda; Hashimoto; Yamashita;
    Ishikawa; Ogawa; Nguyen; Tran; Pham; Hoang; Vo; Bui
    """
)
SOUTH_ASIAN = _list(
    """
    Singh; Kumar; Sharma; Patel; Gupta; Khan; Reddy; Nair; Menon; Iyer; Das; Roy; Ghosh;
    Chatterjee; Banerjee; Mukherjee; Joshi; Desai; Mehta; Shah; Rao; Pillai; Ahmed; Rahman;
    Hossain; Islam; Perera; Fernando; Silva; Agarwal; Mishra; Verma
    """
)
WESTERN_ASIAN = _list(
    """
    Yılmaz; Kaya; Demir; Şahin; Çelik; Yıldız; Öztürk; Aydın; Ahmadi; Hosseini; Mohammadi; Karimi;
    Rezaei; Moradi; Hassan; Ibrahim; Mahmoud; Abdallah; Al-Ghamdi; Al-Harbi; El-Sayed; Haddad;
    Khoury; Mansour; Cohen; Levy; Mizrahi; Shapiro
    """
)
AFRICAN = _list(
    """
    Okafor; Adeyemi; Okonkwo; Eze; Balogun; Mensah; Owusu; Boateng; Asante; Mwangi; Otieno; Kamau;
    Wanjiru; Njoroge; Tesfaye; Bekele; Abebe; Haile; Girma; Banda; Phiri; Moyo; Ncube; Dlamini;
    Nkosi; Mokoena; Diallo; Traoré; Koné; Ndiaye; Mutasa
    """
)
PARTICLES = ("van der", "van den", "van", "de", "von", "de la", "da", "dos", "ter", "le")

WESTERN_GIVEN = _list(
    """
    Anna; Maria; Laura; Emma; Sarah; Julia; Kate; Helen; Ruth; Alice; Clara; Eva; Ingrid; Sofia;
    Elena; Marta; Lucía; Chiara; Paula; Nina; Karin; Birgit; Agnes; Zoë; José; Carlos; Luis;
    Marco; Luca; Paolo; Pedro; João; Rui; John; David; Peter; Michael; James; Robert; William;
    Thomas; Mark; Andrew; Simon; Daniel; Martin; Stefan; Jan; Lars; Erik; Ole; Nils; Hans; Karl;
    Jürgen; Klaus; Pierre; Jean; Michel; François; Hélène; Marie; Claire; Ivan; Piotr; Tomasz;
    Katarzyna; Milena; Goran; Jean-Paul; Anne-Marie; Hans-Peter; Marie-Claude; Grace; Samuel;
    Joseph; Esther; Kwame; Chidi; Amina; Fatima; Ali; Hassan; Mehmet; Ayşe; Reza; Leila; Yael;
    Noa; Priya; Rahul; Anil; Sunita; Vijay; Deepa; Arjun; Nadia; Omar; Tariq; Kenji; Yuki
    """
)
CHINESE_GIVEN = _list(
    """
    Wei; Fang; Xiu; Min; Jing; Li; Qiang; Lei; Jun; Yang; Yong; Yan; Jie; Tao; Ming; Chao; Hui;
    Xin; Bo; Hao; Peng; Ling; Yu; Xiao; Hong; Jian; Zhi; Guo; Wen; Mei; Qing; Rui; Dong; Kai; Bin;
    Ning; Xue; Hua; Feng; Yi; Shan; Shu; Zhen; Cheng; Ting
    """
)
GROUPS = _list(
    """
    Collaborative Group; Study Group; Investigators; Trialists' Collaboration; Working Group;
    Network; Consortium; Task Force
    """
)
