"""The words that titles of action items are judged by, in English."""


def words(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


def phrases(text: str) -> tuple[tuple[str, ...], ...]:
    """The phrases that semicolons divide in ``text``, by word."""
    return tuple(tuple(phrase.split()) for phrase in text.split(";"))


DOING = words(
    """abort accept acquire amend activate adapt add adjust adopt aggregate alert allow annotate anonymise append apply
    approve arrange archive ask assign attach audit auto-detect automate back backfill backport bake ban batch begin
    block book bound broadcast build bump buy bypass cache call cancel cap capture catch centralise change check
    choose clarify clean clear clone close codify collect combine commission commit compare complete compress
    configure confirm connect consolidate contact containerise convert copy correct create cut deactivate debug
    declare decide decommission decouple dedicate deduplicate default define delay delete deliver demand deny deploy
    deprecate derive describe design detach detect develop devise disable disallow disband disconnect display
    distribute divide document double download drain draft drill drop duplicate eliminate email embed emit enable
    encrypt enforce enrol ensure escalate establish exclude execute exempt expand expire export expose extend
    extract fail feature fetch file fill filter finalise find finish fix flag flush forbid force formalise format
    forward freeze gate gather generate get give grant group guard handle hide hire hold host implement import
    include index inform initialise inject insert install instrument integrate introduce invalidate invite isolate
    issue join keep kill label launch let limit link list load localise lock log mail maintain make map mark measure
    merge migrate mirror mock modify monitor mount move mute name negotiate notify obtain offer onboard open order
    organise outline override own package page parallelise parse partition patch pause perform persist pin plan plug
    point port post practise practice prepare present prevent print prioritise process prohibit promote propose
    protect provide provision prune publish pull purchase purge push put quarantine query queue quota raise
    rate-limit re-architect re-enable read rebase rebuild recompute record recover recreate redact redeploy redesign
    redirect refactor refresh refuse register reject release relocate remove rename renew reorder repair repeat
    replace replay replicate report reproduce request require reschedule reserve reset resize resolve resend respond
    restart restore restrict restructure retain retire retry return reuse revert revise revoke rewrite roll rotate
    route run sanitise save scale scan schedule script seal seed send separate serve set setup share shard ship show
    shut sign silence size skip snapshot sort specify speak split stage standardise start stop store stub subscribe
    support surface suspend swap switch sync tag take teach tell terminate test throttle time timebox trace track
    train translate trigger trim truncate try turn unblock undo unify uninstall unpin update upgrade upload use
    validate verify version visit wait warn whitelist allowlist widen wire withdraw wrap write zone"""
)
"""What is done to something; the thing done can be looked at."""
ALSO_NOUNS = words(
    """alert audit back batch cache call cap change check commit copy cut default design document drill email export
    file filter flag force freeze gate group guard host import index issue label launch limit link list load lock
    log mail map mark merge mirror monitor mount name order package page partition patch pause plan plug point port
    post practice process prune push query queue quota rate-limit record release repair report request reset restart
    return route run scale scan schedule script seed shard share ship show sign size snapshot sort split stage start
    stop store stub support surface swap switch sync tag test throttle time trace track train trigger turn update
    upgrade use version visit wait zone feature"""
)
IMPROVE = words(
    """improve enhance increase decrease reduce lower raise optimise strengthen harden tighten speed simplify
    streamline accelerate quicken hasten ease smooth sharpen polish curb shrink toughen fortify stabilise
    rationalise facilitate lighten refine shorten boost tune minimise maximise lessen bolster beef sharpen modernise
    mature deepen"""
)
IMPROVE_PHRASES = [
    [verb, way]
    for verbs, way in (
        ("bring drive cut keep tone calm", "down"),
        ("step ramp beef firm shore bring drive tidy toughen brush", "up"),
        ("cut scale dial", "back"),
    )
    for verb in verbs.split()
]
WAYS = words(
    """way ways means method methods approach solution solutions route routes option options alternative alternatives
    idea ideas path trick"""
)
TALKS = words(
    """talk talks chat word discussion conversation think look research investigation brainstorm brainstorming dive
    overview feel picture handle grip sense thought insight insights"""
)
BY_DEGREES = words("increase decrease reduce lower raise tighten shorten boost")
SETTING = words(
    """limit limits timeout timeouts size sizes quota quotas ttl threshold thresholds replicas capacity pool memory
    disk retention interval intervals workers nodes brokers shards instances partitions threads connections retries
    cpu heap requests targets duration allocation frequency priority severity level window delay backoff period
    volume buffer storage ulimit maxclients concurrency batch lifetime permissions privileges rights scope"""
)
OPEN_ENDED = words(
    """investigate research explore consider discuss evaluate assess analyse study examine understand brainstorm
    contemplate ponder reconsider rethink determine watch observe weigh mull scrutinise deliberate debate spike
    follow re-evaluate reevaluate re-assess reassess"""
)
OPEN_PHRASES = phrases(
    """look into; look at; look for; look more; look closer; look deeper; look further; take a look; have a look; take
    a closer look; have a closer look; think about; think of; think through; think how; think more; talk about; talk
    through; talk with the team about; figure out; find out; find a way; find ways; find better ways; find a better
    way; find some way; come up with a way; come up with ways; come up with ideas; come up with some way; work out;
    see if; see whether; see what; see how; see about; see why; check if we can; check whether we can; check if it
    is possible; check if it's possible; check whether it is possible; check if there is; check whether there is;
    dig into; dig deeper; dive into; dive deeper; do a deep dive; deep dive; deep-dive; keep an eye; keep watching;
    keep monitoring; keep watch; keep track of progress; keep a close eye; continue monitoring; continue watching;
    continue investigating; monitor the situation; follow up; follow-up on; follow-up with; followup on; followup
    with; follow through; get to the bottom; check out; give thought; give some thought; get a picture; get an
    overview; get a feel; get a sense; get a grip; get a handle; get on top; deal with; cope with; plan for; prepare
    for; cater for; move towards; move toward; shift towards; push for; aim for; strive for; seek ways; search for
    ways; hold talks; toy with; reflect on; reflect upon; reflect how; reflect if; reflect whether; reflect about;
    reflect more; have a talk; have a chat; have a word; have a session; have a meeting; talk to the team about; cut
    through; identify a way; identify ways; identify a path; identify a clear path; identify a solution; identify
    options; identify possible; identify potential; identify opportunities; identify areas; identify improvements;
    decide on; decide if; decide whether; decide how; decide what; decide when; read up; get familiar; become
    familiar; familiarise; gain insight; gain insights; gain experience; get insight; get insights; gather ideas;
    collect ideas; gather thoughts; collect thoughts; experiment; experiment with; play with; play around; take into
    account; take into consideration; continue; keep working; keep looking; keep improving; keep investigating;
    validate if we can; validate whether we can; verify if we can; try and see; get clarity; get to know; get a
    better understanding; gain a better understanding; get better understanding; have a discussion; have a
    conversation; have a think; start a discussion; start a conversation; start discussing; hold a discussion; do
    some research; do research; do more research; do an investigation; do some investigation; collaborate; align;
    touch base; circle back; sync up; sit down; hash out; sound out; sync with; liaise"""
)
REVIEW = words("review revisit re-examine reexamine re-review")
ATTENTION_PHRASES = phrases(
    """remember; don't forget; do not forget; never forget; pay attention; pay more attention; pay closer attention;
    pay close attention; keep in mind; bear in mind; keep calm; raise awareness; increase awareness; build
    awareness; create awareness; spread awareness; raise more awareness; raise the awareness; spread the word;
    remind; encourage; educate; foster; emphasise; stress; urge; take care; take more care; take better care; take
    extra care; take greater care; stay; become; learn; strive; think before; think twice; double-check; double
    check; triple-check; triple check; watch out; look out; use caution; use more caution; use extra caution;
    exercise caution; exercise more caution; exercise care; exercise more care; avoid mistakes; avoid making; be on
    the lookout; make people aware; make everyone aware; make everybody aware; make developers aware; make engineers
    aware; make the team aware; make teams aware; make sure people know; make sure everyone knows; make sure
    everybody knows; make sure everyone is aware; ensure everyone is aware; ensure everybody is aware; ensure that
    everyone is aware; focus on; focus more; invest in; invest more; invest time; spend more; spend time;
    prioritise; prioritize; take seriously; get better; do better; get into the habit; make it a habit; commit to;
    be on time; share knowledge; spread knowledge; share learnings; share lessons; share best practices; promote
    awareness; promote a culture; promote best; improve awareness; have more discipline; show more care; try harder;
    communicate better; communicate more; communicate clearly; communicate earlier; communicate early; communicate
    sooner; communicate faster; follow the process; follow the runbook; follow the procedure; follow procedures;
    follow best practices; follow processes; respect the process; adhere; respect"""
)
KNOWING = words(
    """know knows aware follow follows read reads understand understands remember remembers careful informed familiar
    think thinks"""
)
COMPARATIVES = words(
    """better easier faster clearer sturdier tougher healthier saner wiser calmer steadier deeper wider broader gentler
    neater tidier friendlier safer simpler quicker stronger smoother cleaner smarter sooner earlier stricter tighter
    nicer leaner smaller shorter cheaper quieter slower higher lower robust resilient reliable stable scalable
    maintainable performant user-friendly intuitive"""
)
BY_MORE = words(
    """seriously often frequently carefully closely clearly quickly regularly thoroughly proactively rapidly gradually
    slowly consistently reliably visibly effectively efficiently promptly rigorously strictly widely aggressively
    smoothly"""
)
FILLING = words(
    """a an the of for to in on at by with from and or our all some any more better new good proper up things thing
    stuff it this that these those everything something anything out down off into own my your its their his her
    again be is are was were been has have had do does did not never no can could will would should must may might
    so as if when then than there here we us you they i everyone everybody people person team teams system systems
    service services app application environment platform code codebase product infrastructure infra general overall
    various certain appropriate appropriately adequate adequately correct correctly properly sufficient sufficiently
    necessary needed required relevant important sure respective existing current future next similar technical kind
    type root cause causes further additional extra improved work works working happen happens happening happened
    occur occurs place going forward well possible soon asap"""
)
THINGS = words(
    """monitoring monitor monitors alerting alert alerts observability logging logs log documentation document
    documents docs doc test tests testing coverage process processes procedure procedures communication
    communications awareness reliability stability resilience robustness quality problem problems issue issues bug
    bugs error errors mistake mistakes incident incidents outage outages failure failures runbook runbooks playbook
    playbooks dashboard dashboards metric metrics metering tooling tools training visibility safety security
    performance check checks validation measures improvements improvement follow-up follow-ups root cause causes
    recurrence debt"""
)
GENERIC = FILLING | THINGS
LOOSE = words(
    """monitoring alerting alert alerts observability logging logs documentation docs test tests testing coverage
    communication awareness reliability stability resilience robustness quality visibility runbooks dashboards
    metrics tooling training safeguards guardrails checks validation automation redundancy discipline care time
    effort attention information context process processes procedures practices handling rigor rigour collaboration
    planning review reviews insight insights understanding confidence control flexibility experience people staff
    hands resources resilience transparency capacity knowledge structure consistency rigor"""
)
"""Of which there is never enough: "more tests", "some monitoring"."""
QUALITIES = words(
    """availability durability consistency reliability stability resilience resiliency robustness quality security
    safety readiness preparedness awareness visibility transparency ownership accountability scalability performance
    correctness alignment collaboration communication communications clarity confidence compliance maintainability
    observability understanding knowledge efficiency hygiene culture coordination discipline cooperation governance
    redundancy uptime"""
)
"""Which nobody can point at."""
QUALITY_ADJECTIVES = words(
    """better improved enhanced clear clearer careful proper comprehensive stronger deeper good robust adequate
    sufficient timely proactive closer tighter faster quicker thorough effective efficient reliable resilient
    consistent greater higher safer smarter increased stricter more less fewer reduced rigorous earlier"""
)
TOPICS = words(
    """availability backup backups bandwidth bug bugs cache caches capacity certificate certificates client cluster
    clusters communication communications config configuration connection connections consistency coverage
    credentials culture database databases debt dependencies dependency deploy deployment deployments deploys
    discipline documentation docs downtime error errors failover failure failures fatigue handover hygiene incident
    incidents infrastructure issue issues latency leak leaks load logging maintenance management memory migration
    migrations monitoring network noise observability onboarding outage outages ownership performance pipeline
    pipelines planning pool preparedness problem problems process processes queue queues readiness recovery
    redundancy release releases reliability resilience resiliency response robustness rollback rollbacks rollout
    safety scalability security server servers service services stability storage strategy support system systems
    test testing throughput timeout timeouts tooling traffic training transparency usage visibility alerting tuning
    scaling caching tracing limiting handling improvements improvement awareness knowledge quality hardening limits"""
)
ARTEFACTS = words(
    """alert alerts alarm alarms checklist checklists dashboard dashboards doc drill drills guide metric metrics
    playbook playbooks policy report runbook runbooks script scripts template test tests tool tools check checks
    monitors"""
)
MODALS = words("should must shall needs ought")
PEOPLE = words(
    """we i you they team teams everyone everybody people engineers developers devs operators ops sres staff somebody
    someone anyone all on-call oncall admins"""
)
FILLERS = words("""always please also then maybe perhaps possibly ideally just let's lets actively kindly really""")
PREPOSITIONS = words(
    """for of in on to with about around from across during between at by into within via using through against"""
)
MAIN_ENDS = PREPOSITIONS | words("so because since when if that which who whenever where until unless , ; : ( ) -")
RELATIVES = words("""should must needs will when whenever if that which who how why where planned is are has have""")
QUESTIONS = words("how why what should who when where which do does did are is")
DETERMINERS = words("a an the our all every each any this these its their both")
OPENINGS = phrases(
    """need to; needs to; have to; want to; would like to; ought to; going to; try to; trying to; aim to; look to; plan
    to; it would be good to; it would be nice to; it would be great to; would be good to; would be nice to; make an
    effort to; work towards; work toward; work on; start to; begin to; let us; we; i; should; must; could; shall;
    will; todo"""
)
GIVING = words(
    """ensure provide achieve gain get have maintain guarantee promote establish build create develop make support
    preserve deliver add set drive bring keep"""
)
WISHED = words(
    """robust reliable resilient stable scalable rigorous comprehensive sustainable effective efficient consistent
    proactive visible dependable structured systematic thorough mature transparent careful conservative flexible
    maintainable defensive streamlined"""
)
NOUNS = (
    TOPICS
    | QUALITIES
    | THINGS
    | LOOSE
    | ARTEFACTS
    | words(
        """account admin alarm api app application backend billing bot browser cdn chaos checkout ci cloud compute
    container cpu cron customer data dependency dev device disaster disk dns domain edge email engine event external
    feature file firewall flag frontend gateway global health host image internal ip job kafka key kubernetes lag
    legacy lock login mail message mobile multi-region node operational order partner password payment payments peak
    permission phone port postgres product production provider proxy public quota rate read redis region regional
    regression replica replication request resource retry role root router schema search secret session shard
    signing slow software spare sql ssl staff stage staging state status step supplier support tape tenant
    third-party thread ticket time timeout tls token user validation vendor version vm volume web webhook worker
    write and the our a & in-house post-deploy black friday on-call oncall incident change alert test code blast"""
    )
)
NOMINAL = (
    "tion",
    "tions",
    "sion",
    "sions",
    "ment",
    "ments",
    "ness",
    "ity",
    "ance",
    "ence",
    "ship",
    "ures",
    "outage",
    "culture",
)
CARING = words("""carefully thoroughly properly diligently responsibly cautiously attentively conscientiously""")
DONE_WITH_CARE = words(
    """test check read plan handle document communicate deploy merge do follow verify validate monitor work"""
)
FOREIGN = words(
    """der die das und für mit von zum zur beim bei nicht ein eine einen einer den dem des im am auf aus nach über wenn
    le la les un une du et pour dans sur avec est sont au aux ne pas ce cette que qui par chez lors el los las una y
    en con para por del al que se es son cuando il lo gli di che per nel della dei delle quando o os as da do em não
    ao para com uma het een van voor niet naar och att av på för med inte som när nie i w z na do od dla"""
)
ENGLISH = words(
    """the and for of to with from when that all our is are on by an this these should must into before after if"""
)
KNOWN = DOING | IMPROVE | OPEN_ENDED | NOUNS | GENERIC | COMPARATIVES
VERBS = DOING | IMPROVE | OPEN_ENDED | REVIEW
FURTHER_VERBS = words("do be communicate bring come go need avoid work talk agree identify")
"""Which say too little to count as one elsewhere."""
NO_OUTPUT = words("ensure find get keep make try start prevent handle support decide time take") | IMPROVE
POINTERS = DETERMINERS | words("it them those which what")
SEEKING = words("find identify seek discover chart plot")
HAVING = words("have hold take start do get gain")
CASES = words("issue ticket bug request case concern pr it this question feature")
GOES_ON = DETERMINERS | words("something some be")
EASIER = words("easier harder better faster simpler safer")
SOONER = words("sooner faster quicker earlier")
NO_MORE = words("or and one no once any")
CLAUSES = words("so because since , ; ( - when to")
NO_BEGINNING = MAIN_ENDS - words("if when so by in on at for since that where whenever until unless")
