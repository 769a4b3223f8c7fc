/**
 * Words that descriptions of studies, series and protocols are made of and that name nobody, in English and German, lower case. What is
 * not here (or in a profile's own terms) is dropped when descriptors are cleaned (PS3.15 §E.3.5).
 */
const WORDS = `
abdomen abdominal abd abdominopelvic acetabulum achilles adnexa adrenal adrenals airway alveolar ankle aorta aortic appendix arch arm arteria
arterial artery arteries articular atlas atrial atrium auditory axial axis axilla back basal bile biliary bladder blood body bone bones bony
bowel brachial brain brainstem breast bronchial bronchus calcaneus calf canal cardiac carotid carotids carpal cecum celiac cerebellum cerebral
cerebrum cervical cervix chest chin cisternal clavicle coccyx colon colonic condyle cord corpus coronary corpora costal cranial cranium
cruciate diaphragm disc discs duct duodenum ear elbow endometrium epidural esophagus extremity extremities eye eyes face facial femoral femur
fetal fetus fibula finger fingers foot feet forearm forefoot fossa gallbladder ganglion glenoid gland glands gluteal groin hand hands head
heart hepatic hepatobiliary hindfoot hip hips hippocampus humerus iac ileum iliac iliosacral infrarenal inguinal intestine intracranial jaw
joint joints jugular kidney kidneys knee knees kub labrum larynx leg legs lens ligament limb lip liver lobe lumbar lumbosacral lung lungs lymph
mandible mastoid maxilla maxillofacial mediastinum meniscus mesentery metacarpal metatarsal midfoot mitral mouth muscle myocardial myocardium
nasal nasopharynx neck nerve node nodes nose occipital optic oral orbit orbita orbits oropharynx ovary palate pancreas pancreatic parietal
parotid patella patellar pelvic pelvis penis pericardium perineum peripheral peroneal pharynx pituitary placenta pleura plexus popliteal portal
prostate pulmonary radius rectal rectum renal retina retroperitoneum rib ribs sacral sacroiliac sacrum salivary scalp scaphoid scapula
scrotum sella seminal shoulder shoulders sinus sinuses skeletal skeleton skin skull soft spinal spine spleen splenic sternum stomach subclavian
tarsal temporal tendon testes testicle testis thigh thoracic thoracolumbar thorax throat thumb thymus thyroid tibia tibial tissue toe toes
tongue tooth teeth torso trachea tricuspid trunk ulna ulnar ureter ureters urethra urinary uterus vagina valve valves vascular vein veins vena
venous ventricle ventricles ventricular vertebra vertebral vertebrae vessel vessels wrist wrists
schaedel schädel kopf hals gehirn hirn wirbelsäule wirbelsaeule hws bws lws becken bauch brust leber niere nieren milz lunge herz knie hüfte
huefte schulter ellenbogen hand handgelenk fuss fuß sprunggelenk oberschenkel unterschenkel oberarm unterarm finger zehe bein beine arm arme
gefäße gefaesse halsgefäße prostata blase darm magen nasennebenhöhlen nnh felsenbein orbita kiefer unterkiefer oberkiefer rippen brustbein
schlüsselbein kreuzbein ganzkörper ganzkoerper weichteile mamma oberbauch unterbauch nativ kontrastmittel km venös venoes arteriell
portalvenös portalvenoes spät spaet früh frueh übersicht uebersicht links rechts beidseits bds seitlich schräg schraeg stehend liegend sitzend
mit ohne nach vor und oder der die das des dem den von bis zur zum im in am auf an aufnahme untersuchung serie schicht schichten dünn dick
ct mr mri mrt pet spect us cr dx dr mg rf xa nm ot sc sr pr ko seg reg rtstruct rtplan rtdose rtimage cta mra mrcp mrv ctv ccta cbct cect hrct
ldct ecg ekg dsa dti dwi adc swi flair stir tse fse ffe gre se ge epi haste space ciss fiesta vibe flash mprage mp2rage bravo spgr lava thrive
dixon mdixon trufi trufisp bssfp tof pcma phase dce dsc asl bold fmri cest mrs spectroscopy perfusion diffusion diffusionsgewichtet tensor trace
tracew fractional anisotropy fa md colfa cmap map maps mapping t1 t2 t1w t2w t1wi t2wi pd pdw pdfs fs fatsat fat sat spair spir tirm irtse ir
turbo fast gradient spin echo echoes weighted weighting inversion recovery water opp opposed inphase outphase in out phase phased magnitude mag
real imaginary blade propeller radial cartesian spiral multi single shot ss ms dual energy de mono virtual noncontrast spectral iodine kv kvp ma
mas mip minip mpr mpr3d mmpr cpr vrt ssd recon reconstruction reconstructed reformat reformatted rekonstruktion volume volumetric rendering
kernel sharp smooth standard std soft bone lung filter filtered thin thick slab slice slices spacing gap interval increment overlap collimation
pitch helical sequential spiral dynamic kinetic static gated gating triggered trigger prospective retrospective breath hold breathhold free
breathing navigator respiratory resp inspiration expiration insp exsp exp inspiratory expiratory inhale exhale end systole diastole systolic
diastolic cine rest stress pharmacologic exercise gated attenuation corrected correction uncorrected ac nac wb whole total scout localizer loc
localiser topogram topo surview survey pilot scanogram planning plan simulation treatment therapy dose report summary screening follow followup
fu baseline pre post precontrast postcontrast contrast with without w wo o c cm iv ivcon oral rectal enhanced unenhanced native plain bolus
tracking test timing delay delayed late early arterial venous portal nephrographic excretory equilibrium wash washout washin phase phases
ax axial axiale sag sagittal sagittale cor coronal koronar coronar tra transversal transverse transaxial oblique obl para lateral lat medial
med ap pa pal lao rao cc mlo ml lm mlo cranial caudal crani caud superior inferior sup inf anterior posterior ant post left right bilateral lt
rt l r li re both upper lower proximal distal prone supine decubitus erect upright standing sitting weightbearing weight bearing flexion
extension neutral internal external rotation abduction adduction swimmer tunnel sunrise skyline merchant frog leg stunde view views series
sequence study exam examination scan scans image images imaging acquisition acquired original derived primary secondary screen save capture
protocol routine complete limited short long full high low resolution res hi hires ultra iso isotropic quick rapid abbreviated basic advanced
combined comp composite fused fusion registered registration subtraction sub subtracted difference average averaged mean sum summed ratio
parametric color colour gray grey scale doppler duplex power pulsed wave continuous bmode mode tissue harmonic elastography shear strain
transabdominal transvaginal transrectal transthoracic transesophageal tte tee echo echocardiogram endoscopic intravascular intraoperative
fluoroscopy fluoro angiogram angiography angio arteriogram venogram venography cholangiogram cystogram urogram ivp myelogram arthrogram
arthrography hysterosalpingogram mammogram mammography tomosynthesis tomo tomography radiograph radiography xray ray rays x biopsy drainage
aspiration injection ablation stent stents catheter line tube placement guided guidance procedure intervention interventional puncture
computed magnetic resonance positron emission ultrasound sonography nuclear medicine scintigraphy fdg psma dotatate tc99m tc f18 ga68 i131 i123
tl201 gadolinium gd gadovist dotarem omnipaque ultravist iopamidol iohexol iodixanol visipaque isovue barium iodinated saline ml mg mbq mci
tumor tumour mass lesion lesions nodule nodules cyst fracture trauma stroke hemorrhage haemorrhage bleed infarct ischemia ischaemia embolism pe
dvt thrombosis aneurysm dissection stenosis occlusion avm metastasis metastases mets cancer carcinoma lymphoma melanoma staging restaging
infection abscess pneumonia tuberculosis covid edema effusion hernia obstruction perforation stone stones calculus calcium score scoring
calcification degenerative arthritis osteoporosis scoliosis dementia epilepsy seizure ms multiple sclerosis hydrocephalus shunt postop preop
postoperative preoperative surgical surgery transplant implant prosthesis hardware removal bone density dexa perfusion function functional
viability viable iron quantification elastogram fibrosis steatosis pediatric paediatric adult infant child newborn neonatal male female patient
for of the and or to from by per at on as is not no yes all new old repeat limited only plus vs versus rule evaluate evaluation assess assessment
position positions phantom quality control qa qc calibration test demo example generated synthetic sample training research trial protocol part
region regions roi segmentation segment segments label labels contour contours structure structures target volumes gtv ctv ptv itv oar organ
organs risk beam beams field fields setup isocenter isocentre arc imrt vmat stereotactic boost fraction fractions phase prescription
axials sagittals coronals lower upper base apex level mid middle half quarter first second third last final initial number set sets group
angle angles degree degrees frame frames loop clip clips still motion cardiac cycle rr interval bpm hr min sec time times point points
isovue omniscan magnevist prohance multihance eovist primovist clariscan optiray optimark imeron xenetix solutrast accupaque conray hexabrix
lipiodol sonovue definity lexiscan regadenoson adenosine buscopan glucagon secretin furosemide agent
helical mode auto manual smart care clear enhance extended normal large medium small thorax thx abdo cerv lumb
kniegelenk hüftgelenk hueftgelenk schultergelenk ellenbogengelenk handgelenke fußgelenk wirbelkörper carotis karotis cct mct hct nct ncct mammo rcc lcc
rmlo lmlo rml lml ob trimester cap tap thorabd thoraxabdomen aahscout aahead autoalign autoalignhead mddw diff ep2d ep2 frfse frfse fserefoc resting state
task motor language visual record log info evidence physio field dis2d dis3d norm nd sos nonrigid moco grappa sense ipat caipi cs bh fb mb sms pat accel plane
planes threeplane triplane plan ser img im imgs obj objects mm² mm³ cm² cm³ sec² hr uhr min° avg std dev sd max min median suv suvbw suvmax kbq bq cps counts
petct petmr spectct wb wbc tb bonescan mibg octreotide sestamibi mibi thallium tetrofosmin maa dtpa dmsa mdp hida sulfur colloid rubidium ammonia flurpiridaz
choline florbetapir amyloid tau dopa fet cxr axr kub opg ortho panoramic cephalogram cbct dvt-scan spot magnification mag cone compression tangential cleavage
implant displaced eklund exaggerated roll rolled axillary tail specimen needle wire localization lokalisation stereotaxie punktion biopsie verlauf kontrolle
vergleich voraufnahme prä postoperativ präoperativ notfall trauma-spirale polytrauma schockraum schlaganfall durchleuchtung einlauf schluck breischluck
doppelkontrast gefäßdarstellung nierenarterien leberarterien phlebographie arteriographie kardio herzkatheter koronar koronarien linksventrikulär lvg rca lca lad
lcx lm rao lao stenose stenosen dilatation ballon stents klappe aortenklappe mitralklappe volumen funktion fluss flow venc velocity pc phasecontrast
mobile portable bedside bett bettaufnahme ap-liegend pa-stehend aufnahmen ebenen zwei drei ebene einer beide hälfte rechte linke rechter linker oberes unteres
removed unknown other none normal abnormal
`;

/** Safe words. */
export const VOCABULARY: ReadonlySet<string> = new Set(WORDS.split(/\s+/).filter((word) => word !== ''));

/** What numbers, units, levels of the spine, weightings and kernels look like; tried on the whole word, lower case. */
export const SAFE_SHAPES: readonly RegExp[] = [
  /^\d{1,3}([.,]\d{1,4})?(mm|cm|ms|s|sec|min|h|ml|cc|mg|g|kv|kvp|ma|mas|mbq|mci|hz|khz|mhz|t|d|x|st|nd|rd|th|hu|ch|%|gy|cgy|mgy|kev|mev|mv|deg)?$/,
  /^\d{1,4}(x\d{1,4}){1,2}$/,
  /^[clts]\d{1,2}$/,
  /^t[12]?[a-z]?(tse|se|gre|w|wi|fs|spir|tirm|flair|map)$/,
  /^(b|te|tr|ti|fa|nex|etl|ts)\d{1,4}$/,
  /^(b|h|i|j|u|br|bl|hr|hv|qr|bv|bf|ur|hc|fc)\d{2}[a-z]?$/,
  /^[alpr]$|^(i|ii|iii|iv|v|vi)$/,
  /^p\d$|^\d(plane|ebenen|views?)$/,
];
