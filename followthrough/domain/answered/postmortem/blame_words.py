"""The words that the lint for blameless wording goes by, in English."""


def words(text: str) -> frozenset[str]:
    """The words of ``text``."""
    return frozenset(text.split())


ROLES = words(
    """engineer engineers developer developers programmer programmers operator operators sre sres dba dbas admin admins
    administrator administrators sysadmin sysadmins intern interns contractor contractors consultant consultants
    reviewer reviewers approver approvers responder responders deployer committer author colleague colleagues
    coworker tester testers manager managers supervisor supervisors technician technicians employee employees
    individual individuals maintainer maintainers analyst analysts architect architects specialist specialists
    trainee apprentice dispatcher electrician mechanic pilot pilots captain trader traders nurse pharmacist clerk
    officer hire staff staffer crew team teams person human humans someone somebody whoever on-call oncall on-caller
    owner owners volunteer newcomer teammate teammates dm pm tl he she him you i workers member members lead leads
    commander personnel coder coders dev devs subcontractor ops"""
)
ALONE = words("someone somebody whoever he she him you i dm pm tl they anyone")
MODIFIES_ROLE = words(
    """on-call oncall on-duty junior senior new lead backend frontend database network platform software devops
    security site reliability support duty release data infrastructure infra other first second third one two three
    single lone tired weary careless service help desk it dev ops principal staff chief shift night morning system
    systems field maintenance incident comms tech team customer qa product unnamed certain individual fellow former
    experienced"""
)
SOFTWARE = words(
    """kubernetes k8s prometheus postgres redis kafka custom package secrets secret connection session window resource
    queue lock cluster configuration certificate boolean logical ternary password file memory task device process
    comparison"""
)
"""Before "operator" or "manager": a program."""
POSSESSIVE = {"his": "he", "her": "she", "my": "i", "your": "you"}
DETERMINERS = words("""the a an our one two three this that another some any each both several every no its their""")
AUXILIARY = words(
    """had has have having is was were are be been being did does do must may might can could will would to"""
)
NEGATIVE = words("not never")
BE = words("was were been is are be being am")
SUBORDINATORS = words(
    """that which because since as when whenever where whereas while although though if after before until unless so
    whether why how what once whose than thus"""
)
PREPOSITIONS = words(
    """to from with for of at in on by into onto about over under against between during through around per via like
    without within upon towards toward behind"""
)
TAKES_A_PERSON = words(
    """ask asked asks told tell tells led lead let lets made make makes gave give help helped allow allowed force
    forced caused paged page calls called call warned alerted notified notify informed inform thank thanked prompted
    required showed show sent saw found kept left leaves leave putting put get got enabled enable reminded remind
    contacted contact blame blamed expects expected helping allowing letting telling asking paging misled convinced
    invited"""
)
HARM_ADVERBS = words(
    """accidentally mistakenly wrongly incorrectly inadvertently carelessly blindly recklessly foolishly hastily
    negligently erroneously unintentionally thoughtlessly improperly unwittingly prematurely wrongfully needlessly"""
)
MISTAKES = words(
    """mistake mistakes error errors typo typos blunder blunders slip slips oversight oversights fault negligence
    misconfiguration carelessness misjudgement misjudgment misstep incompetence inattention misunderstanding lapse
    mishap fumble"""
)
ERROR_OF_SOFTWARE = words(
    """budget budgets rate rates message messages log logs report reports page pages tracker handling handler code
    codes counter counters count counts"""
)
HUMAN_FAILING = words(
    """forgot forgets forgotten forgetting neglected neglects neglecting overlooked overlooks overlooking mistook
    misread misreads misreading mistyped misconfigured misconfiguring misunderstood misjudged mishandled
    misinterpreted misspelled misspelt miscalculated mismanaged misdiagnosed botched bungled fumbled fat-fingered
    fat-fingering rubber-stamped panicked disregarded mixed-up mis-typed mis-configured mis-read mis-clicked
    misclicked goofed misremembered misplaced misentered blundered erred errs"""
)
FAILING = words(
    """ignored ignores ignoring skipped skips skipping violated violates breached violating bypassed disobeyed rushed
    omitted omits omitting"""
)
BREAKING = words(
    """broke breaks breaking caused causes causing crashed crashing wrecked ruined destroyed nuked corrupted corrupting
    clobbered sabotaged bricked"""
)
ATTEMPTS = words(
    """reproduce find connect reach log login restore recover resolve mitigate identify locate isolate contact access
    diagnose determine sign"""
)
"""Failing to do these tells of a try, not of a fault."""
DUTIES = words(
    """bother check double-check test read verify notice follow ask tell think realise realize understand pay care
    acknowledge respond answer react look review validate escalate communicate inform warn mention remember wait
    consider notify confirm document build update rotate renew enable clean run close act intervene step read carry
    complete perform report spot recognise recognize account anticipate foresee catch include add specify set"""
)
PEOPLES_DUTIES = DUTIES & words(
    """bother check double-check ask tell think notice realise realize understand care escalate warn mention remember
    read"""
)
PAST = {
    "thought": "think",
    "paid": "pay",
    "told": "tell",
    "understood": "understand",
    "read": "read",
    "ran": "run",
    "caught": "catch",
    "built": "build",
}
CHECKING = words(
    """inspecting examining measuring checking double-checking testing reading verifying asking telling thinking
    looking reviewing validating waiting considering understanding following notifying informing warning realising
    realizing confirming noticing permission approval authorisation authorization sign-off signoff consent review
    test clearance consulting acknowledging coordinating knowing announcing"""
)
WRONG_DOING = words(
    """ran run pressed typed entered deleted selected chose picked used edited changed gave executed clicked set
    applied copied pasted sent dropped restarted scaled restored unplugged pulled flipped switched connected plugged
    launched started published loaded installed uploaded deployed merged pushed shut removed opened closed pushing
    running deleting pressing entering using killed stopped disabled enabled configured put wrote added specified
    told instructed advised"""
)
JUDGED = words(
    """lazy sloppy slow distracted asleep inexperienced incompetent stupid unprepared overconfident complacent
    impatient unqualified guilty wrong late careless negligent reckless irresponsible inattentive thoughtless
    untrained unaware_ confused_ oblivious mistaken culprit foolish unprofessional"""
)
CARELESS = words(
    """careless carelessness carelessly negligent negligence negligently incompetence incompetent irresponsible
    irresponsibly reckless recklessly recklessness thoughtless thoughtlessly inattention inattentive inattentiveness
    fat-finger fat-fingered complacency laziness sloppiness"""
)
CARELESS_PHRASES = (
    ("human", "error"),
    ("human", "errors"),
    ("human", "mistake"),
    ("operator", "error"),
    ("operator", "errors"),
    ("pilot", "error"),
    ("user", "error"),
    ("rookie", "mistake"),
    ("beginner's", "mistake"),
    ("common", "sense"),
    ("at", "the", "wheel"),
    ("poor", "judgement"),
    ("poor", "judgment"),
    ("bad", "judgement"),
    ("bad", "judgment"),
    ("lack", "of", "care"),
    ("lack", "of", "attention"),
    ("lack", "of", "discipline"),
    ("lack", "of", "diligence"),
    ("lack", "of", "competence"),
    ("lack", "of", "professionalism"),
    ("human", "failing"),
    ("human", "failure"),
    ("manual", "error"),
    ("fat", "finger"),
    ("fat", "fingered"),
    ("human", "oversight"),
    ("individual", "error"),
    ("personal", "error"),
    ("engineer", "error"),
    ("administrator", "error"),
    ("clerical", "error"),
)
HARM = words(
    """outage incident failure error mistake problem issue bug downtime regression crash leak loss breakage mess
    disruption delay"""
)
GOOD = words("""quick fast timely early good great excellent careful fix help work experience rollback notes swift""")
PARTICIPLES = words(
    """known done gone seen taken given written spoken chosen forgotten run put let cut set left kept told caught
    thought made paid sent held found read understood brought come stuck been"""
)
NAMES_THAT_ARE_WORDS = words(
    """admin amber angel april archer art ash august autumn baker banks bar base basil bass bay bell best bill bird
    black blue bolt bond book booth branch bridge bridges brook brooks brown buck bud burns bush butler byte cache
    carol case cash chance chase chip church clay cliff client cloud cole cook cooper core cross crystal daisy dale
    data dawn day dean dev diamond dock dolly drew duke earl earnest ernest eve faith fern field fields finch first
    fisher flint flora flow ford forest foster fox frank free frost gates gene glen glover good grant gray green
    grey guy hall handy hardy harper harry hazel head heath hill holly home hood hook hope house hunt hunter ice
    iris ivy jack jade jay jenkins jasmine joy june justice key keys king knight lake lance lane last law leaf lee
    lily link lock long love low main major manuel mark marks mars marsh mason master max may mercy merit merry
    miles mill miller mills moon moss mode nick noble node north olive page palmer park parker parks pat patience
    pearl pen penny peter pierce pin piper pitt pool poppy port porter post potter powers price prince probe queen
    query race rand ray read reed reid rice rich rider rivers rob robin rod root rosa rose ruby rush rusty sage
    sandy saint scott sea shard sharp shell short sky skip small smart smith snow song spark spring stack star steel
    sterling stone storm street strong sue summer sun sunny swift table taylor temple terry test tester thread tiger
    token tony trace tracy tucker turner user vale victor view violet wade walker wall ward waters watts way web
    weaver webb wells west wheeler white will winter wolf wood woods wright young"""
)
MONTHS = words("april may june august")
TECHNICAL = words(
    """admin case cache client dev main master node page port query root server service shard system table test tester
    token user"""
)
RESUMES = HUMAN_FAILING | FAILING | HARM_ADVERBS | words("failed missed did never then also")
"""What a sentence goes on with that says more of whoever acted before."""
PROGRAMS = words("operator operators manager managers")
ROLES_IF_DESCRIBED = words("lead leads hire officer dev ops individual")
"""Which are a role after "the" or "tech", or where no noun follows."""
ALSO_VERBS = words("lead leads member members individual owner")
BEFORE_MONTHS = words("in of since until on by last from")
BEFORE_PEOPLE = words("by was is to of and with")
DENIALS = words("no not never nor instead")
PART = words("one some two member members employee part")
DONE_TO = words("told given shown sent woken on able")
NO_PARTICIPLES = words("need feed seed speed")
SLIPS = words("error errors mistake mistakes")
BAD = words("sloppy bad poor slow wrong untested lazy faulty incorrect")
SHORTCOMINGS = words("failure inability refusal laziness lack ignorance")
DUTY = words("responsibility job duty")
BLAMING = words("blame blames blamed blaming")
CAUSED_HARM = words(
    """caused broken botched bungled missed deleted dropped wiped crashed corrupted overlooked ignored neglected
    misconfigured forgotten mishandled misread mistaken destroyed skipped overwritten"""
)
CAUSED = CAUSED_HARM | words("triggered introduced removed")
CAUSED_HARM_BY = words("caused overloaded knocked wiped killed")
DUE = words("due owing attributable attributed traced")
ABSENT = words("away holiday leave sick offline unavailable busy lunch meeting new asleep")
FOUND_TO_BE = words("that simply identified as found to be just")
ALSO = words("""also just then still again even first only once simply at least never easily ever really actually""")
DONE_BY_PEOPLE = words(
    """checked asked told noticed pushed known read waited warned tested reviewed escalated verified deployed merged
    informed thought realised realized prevented"""
)
NEW_SUBJECTS = DETERMINERS | words("it there we nothing nobody all these those customers users")
CONJUNCTIONS = words("and but yet then or")
BLUNDERED = words("botched bungled fumbled panicked")
MADE = words("made makes making commits committed")
DONE_BADLY_UP = words("screwed messed slipped mixed mucked stuffed")
DECISIONS = words("assumption assumptions decision decisions call choice judgement judgment move")
CARING = words("careful attentive disciplined attention")
OBLIGED = words("needs need must should has have ought")
WARNED = words("failing failed warning warnings red told alerts")
UNTIMELY = words("late early long slowly quickly hastily")
REACTED = words("responded reacted answered escalated acknowledged")
ALSO_OF_THINGS = words("late slow wrong")
DEGREES = words("too so very simply being been")
MISSED = DETERMINERS | words("his her it their obvious our")
LEFT_BEHIND = words(
    """call meeting company team room channel bridge note comment message office rota rotation shift project"""
)
GRANTED = words("permission permissions access rights tools context")
BROKEN = words("news problem work task")
TAKING = words("took brought taking bringing knocked knocking")
TAKING_OUT = words("bringing taking knocking locking")
DELIVERED = words("pushed deployed merged shipped released committed")
FAULTY = words("bad broken faulty buggy untested unreviewed wrong")
TELLS_NOTHING = words("was were is had saw noticed found reported said asked told got did could")
ONLY = words("only just not")
UNFIT = words("""lazy sloppy inexperienced untrained unqualified stupid incompetent careless negligent overconfident""")
PUT_RIGHT = words(
    """noticed found spotted fixed corrected reverted seen reported discovered detected caught replaced removed undone
    restored followed"""
)
