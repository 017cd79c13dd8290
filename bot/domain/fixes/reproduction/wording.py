"""The words around a value: what announces it, and what it may look like. Bounded on purpose: the
text is anybody's."""

import re

_EMPTY = {"list": "[]", "string": "''", "dict": "{}", "tuple": "()", "set": "set()"}
WORDS = {"none": "None", "true": "True", "false": "False", "zero": "0"}
WORDS |= {f"{a}empty {k}": v for k, v in _EMPTY.items() for a in ("", "an ", "the ")}
# What may follow a bare value; anything else makes it part of a phrase: 3 items, 'wrong' answer.
ENDS = (
    r"(?=[\"*]{0,2}(?:\s*(?:$|[.,;:!?)\]]|\n|—|–|-\s|\()|\s+(?:but|instead|rather|not|and|or|when|if|for|while|where"
    r"|whereas|because|since|in|on|from|after|as|with|so|here|too|though|although|which|today|now|every|is|was"
    r"|were|would|should|comes?|came|both|all|each|at|by|again|anyway|however|even|like|only)\b))"
)


def _nested(opens: str, closes: str) -> str:
    """What stands between two brackets, two more levels of them within."""
    plain = rf"[^\n\{opens}\{closes}]"
    inner = rf"{plain}|\{opens}{plain}{{0,80}}\{closes}"
    return rf"\{opens}(?:{plain}|\{opens}(?:{inner}){{0,80}}\{closes}){{0,200}}\{closes}"


LISTS = rf"{_nested('[', ']')}(?!\()|{_nested('{', '}')}"
TICKED = r"(?:``[^`\n]+``|`[^`\n]+`)"
BARE = (
    r"(?:(?<!\w)'[^'\n]{0,200}'(?!\w)|\"[^\"\n]{0,200}\""
    r"|(?:(?:an|the)\s)?empty (?:list|string|dict|tuple|set)\b"
    rf"|{LISTS}|(?<!\w){_nested('(', ')')}"
    r"|(?:[A-Za-z_]\w{0,60}\.){0,6}(?-i:[A-Z]\w{0,60}|date|time|datetime|timedelta|frozenset|set|range)\([^()\n]{0,80}\)"
    r"|(?:[A-Za-z_]\w{0,60}\.){0,6}(?-i:[A-Z][A-Z]{0,20}[a-z])\w{0,60}\b(?!['(]|\.\w)"
    r"|\d{4}-\d\d-\d\d(?:[ T]\d\d?:\d\d(?::\d\d)?)?\b(?!\d|[-:.]\d)"
    r"|(?<![\d:])\d\d?:\d\d(?::\d\d)?\b(?![-:.]\d)"
    r"|-?\d[\d_]{0,40}(?:\.\d+)?(?:e[-+]?\d+)?\b(?!\s?[%/]|[-.:]\d|\.x\b)|None\b|True\b|False\b|zero\b)"
)
VALUE = rf"(?:{TICKED}|{BARE}{ENDS})"
_FILLER = (
    r"(?:\s{1,3}(?:an?(?! empty)|the(?! empty)|me|us|it|to|be|values?|result|answer|of|that|as|with"
    r"|is|was|error|exception|back|only|just|even|returning|raising|giving|get|see|return|raise|raised|for|there|exactly|string|list"
    r"|number|tuple|out|simply|still|literally|same)\b){0,5}(?:\s{0,3}[:=]{1,2}>?)?\s{0,6}"
)
_SHOULD = (
    r"expected(?:\s+(?:result|output|value|behaviou?r|answer))?|expect(?:s|ing)?"
    r"|(?:shou?ld|shoud|must)(?:n['’]t)?(?:\s+(?:\w+\s+)?(?:be|return|give|equal|print|yield|have\s+been|have\s+returned"
    r"|raise|throw|produce|evaluate|come|become|remain|show|read|fail\s+with|result\s+in))?"
    r"|(?:ought|needs?|has|have|supposed)\s+to\s+(?:be|return|give|raise|print)|want(?:ed|s)?|I\s+need"
    r"|correct\s+\w+|(?:right|proper)\s+(?:result|answer|value|output|one|form|word|spelling)|would\s+(?:be|return|give)|wish\s+for|be\s+(?:happy|fine)\s+with|(?:I\s+)?catch(?:es|ing)?"
    r"|please\s+(?:raise|return|give|print|make\s+it)|used\s+to\s+(?:be|return|give|print|raise)"
    r"|erwart\w+(?:\s+(?:wird|wäre|ich|wir))?|sollte|attendu|on\s+attend|devrait\s+\w+|se\s+espera(?:ba)?|esperado|debería\s+\w+"
    r"|then\s+(?:I|we|you|it)(?:\s+would|['’]d)\s+(?:get|see|have)|thought\s+(?:I|we|it)(?:\s+would|['’]d)?\s+(?:get|see|give|return)s?|like\s+(?:it\s+)?to\s+(?:see|get|be|return|give)"
)
_DOES = (
    r"return(?:s|ed)|gives?|gave|got|gets?|is|was|prints?|printed|yields?|yielded|comes?\s+out\s+as"
    r"|actual(?:ly)?(?:\s+(?:result|output|value|behaviou?r))?|rais(?:es|ed)|throws?|threw|produces?"
    r"|(?:fail(?:s|ed)?|crash(?:es|ed)?|di(?:es|ed)|blows\s+up|ends|ended)\s+(?:up\s+)?(?:with|as|in)"
    r"|evaluates?\s+to|shows?|=>|->|→|returning|received?|results?\s+in|end(?:s|ed)?\s+up|answers?|hands\s+back"
    r"|liefert|ergibt|gibt|ist|renvoie|retourne|donne|devuelve"
    r"|produced|spits\s+out|computes|equals|becomes|makes|(?<=\bit )sa(?:id|ys)"
    r"|(?:does|did|do)(?:n['’]t|\s+not)\s+(?:raise|throw|return|give)"
)
# "expect only the two pairs `[1, 2]`", "should come out escaped: `a`": what stands between. A verb
# of what is, or another clause, ends it: "should hold and prints `490` instead".
_FEW = (
    r"(?:\s{1,3}(?!(?:not|with|for|of|on|from|to|than|as|like|if|when|work|behave|a|an|and|but|yet|or|while)\b)"
    rf"(?!(?:{_DOES})(?!\w))[\w'’-]{{1,20}}){{1,6}}:?\s{{1,3}}"
)
_ANY = rf"(?:\s{{1,3}}(?!(?:but|instead|yet)\b|(?:{_DOES})(?!\w))[\w'’/-]{{1,20}},?){{0,12}}?"
RELATIVE = (
    r"instead\s+of(?:\s+the\s+expected)?|rather\s+than|as\s+opposed\s+to"
    r"|and\s+not|but\s+not|,\s*not"
)
SAID = re.compile(
    rf"(?P<turned>(?:\b|(?=,))(?:{RELATIVE}))(?:{_FILLER})(?P<other>{VALUE})"
    rf"|(?P<should>\b(?:{_SHOULD}))(?:(?:{_FILLER})(?P<expected>{VALUE})|(?:{_FEW})(?P<few>{TICKED})|(?:{_ANY})(?::|(?<=,))\s{{1,3}}(?P<colon>{VALUE}))"
    rf"|(?P<does>(?:\b|(?<=\s))(?:{_DOES}))(?:{_FILLER})(?P<actual>{VALUE})",
    re.IGNORECASE,
)
AND_SHOWN = re.compile(rf"[^.`\n]{{0,30}}:\s*({TICKED})")
MORE = re.compile(rf"(?:,|,?\s+(?:and|resp\.|then))\s+({VALUE})(?!\s+(?:should|must|is|was)\b)")
AS_FOR = re.compile(r"\bas\s+(?:for|with|in|when|if)\b", re.IGNORECASE)
SO = re.compile(rf"\)?(?:,|:|\s[-–])?\s+(?:so|i\.e\.|that\s+is|namely),?\s+({VALUE})")
# "expected `f(1)` to be 2", "I expect that f(1) is 2": the verb is not the reporter's observation.
EXPECT_TO = re.compile(
    r"\bexpect(?:ed|s|ing)?\s+(?:that\s+)?(?:`[^`\n]{1,300}`|\w[\w.]{0,60}\([^()\n]{0,200}\))\s+"
    rf"(?:(?:to|should|would|must)\s+)?(?:be|is|was|returns?|equals?|gives?|raises?|prints?)\s+(?P<expected>{VALUE})",
    re.IGNORECASE,
)
# "I'd expect `tags` to come out as True": that is said of it, and it is no value.
TOLD_OF = re.compile(r"`(\w+)`\s+(?:to|should|would|must)\s+[a-z]", re.IGNORECASE)
# "1001 is expected", "`x` would be right"
BEFORE = re.compile(
    rf"(?P<expected>{VALUE})(?:,\s+which)?\s+(?:is|was|were|would\s+be)\s+"
    r"(?:what\s+(?:I|we)(?:['’]d|\s+would)?\s+)?"
    r"(?:expect(?:ed)?|want(?:ed)?|correct|right)(?=\s*(?:$|[.,;!)]|in both\b|here\b|instead\b))",
    re.IGNORECASE,
)
AS_IT_WAS = re.compile(
    r"\b(?:same|identical|equal)\b[^.\n]{0,20}\b(?:input|original|argument)\b|"
    r"\b(?:come|comes|be|is|are|returned|left|stays?|remains?|kept|back|passed\s+through|unmodified)\s+"
    r"(?:back\s+|returned\s+|left\s+|passed\s+through\s+)?(?:unchanged|untouched|unmodified|alone|as\s+(?:it|they)\s+(?:is|are|was|were))\b",
    re.IGNORECASE,
)  # fmt: skip
# "as `f('b')` has it:", before a block
AS_ANOTHER = re.compile(rf"\b(?:as|like)\s+({TICKED})[^`\n]{{0,40}}:$", re.IGNORECASE)
# "`search('b')` ends the same way": what does it as well
ALSO = re.compile(
    r"\b(same|(?<!times )(?<!far )(?<!much )(?<!way )too|also|as well|likewise|similar(ly)?|neither"
    r"|nor|either)\b",
    re.IGNORECASE,
)
# "should raise E (inside of the exception group)", "wrapped in an F"
HELD = re.compile(
    r"\bexception\s*groups?\b|\b(?:wrapped|nested)\s+(?:in|by)\b|\bas\s+(?:the|its)\s+cause\b", re.I
)
HANGS = re.compile(
    r"\b(?:hangs?|hung|hanging|locks?\s+up|locked\s+up|deadlock\w*|gets?\s+stuck|stuck\s+(?:in|for)|infinite\s+loops?|endless\s+loops?|(?:loops?|runs?|spins?)\s+(?:forever|endlessly|for\s+ever)"
    r"|freez(?:es|e|ing)|froze|(?:never|does(?:n['’]t|\s+not)(?:\s+ever)?)\s+(?:returns?|comes?\s+back|ends?|finish(?:es)?"
    r"|terminates?|stops?|completes?))\b",
    re.IGNORECASE,
)  # fmt: skip
MODAL = re.compile(r"\b(?:should|must|ought|expect\w*|would|supposed|want\w*)\b", re.IGNORECASE)
NOT = re.compile(r"\b(?:not|never|no longer)\b|n['’]t\b", re.IGNORECASE)
THEN = re.compile(
    r"\b(?:previously|formerly|earlier|before|until|in v?\d+\.\d[\d.]*|if)\b[^.!?\n]{0,40}$", re.I
)
ERROR = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*(?P<name>[A-Z]\w*)(?::\s?(?P<message>.*)|\([^()]*\))?$", re.DOTALL
)
# "ValueError: no such thing", as it was printed
QUOTED_ERROR = re.compile(r'"((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception): [^"\n]+)"')
MOMENT = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d))?(?:(?:^|[ T])(\d\d?):(\d\d)(?::(\d\d))?)?")
ASKS = re.compile(r"\b(\w{1,80})\(")
FRAME = re.compile(
    r'^Traceback \(most recent call last\)|^\s*File "[^"\n]*", line \d', re.MULTILINE
)
LAST_LINE = re.compile(r"^(?:E\s+)?((?:[A-Za-z_]\w*\.)*[A-Z]\w*)(?:: (.*))?$", re.MULTILINE)
OPENS = re.compile(
    r"[\W\d]*(?:then\s+)?(?:out(?:\[\d+\])?|it|this|that|these|they|nothing|everything|there|so|both|all|please|expected|actual\w*|instead|but|and|or|however|shou?ld|shoud|must|i|we"
    r"|you|(?:the\s+)?(?:\w+\s+)?(?:results?|outputs?|answers?|values?|call|line|returns?|function|method|right|correct)"
    r"|got|want|gives?|which|what|where|here|now|current\w*|observed|my|prints?|raises?|rather|an?|no"
    r"|(?:[A-Z]\w*)?(?:Error|Exception)|none|true|false|=>|->|→)(?:\W|$)",
    re.IGNORECASE,
)
# "A list raises IndexError here, and so should it": how others do is how it should be.
MODEL = re.compile(
    r"(?:\ban?\s+(?:(?:plain|normal|regular|ordinary|real|builtin|built-in)\s+)?`?(?:list|dict|tuple|set|str|string|range)`?"
    r"|\b(?:the\s+)?(?:builtin|built-in|standard\s+library|stdlib)(?:\s+`?\w+`?(?:\(\))?)?|\bplain\s+Python)\s+$",
    re.IGNORECASE,
)
# "The docs say that": who says it knows how it should be.
SAYS = re.compile(
    r"\b(?:docs?|documentation|docstring|readme|manual|spec(?:ification)?|rfc|standard)\b(?:(?!\b(?:but|yet|however|while|instead)\b)[^.!?;\n]){0,120}$",
    re.IGNORECASE,
)
# "Shouldn't that be 1?" asks for it.
ASKING = re.compile(r"\W*(?:shouldn|isn|wouldn)['’]t\b", re.IGNORECASE)
# A paragraph, or the next item of a list
_BREAK = r"\n\s*\n|\n(?=\s*(?:[-*+]|\d+[.)])\s)"
SENTENCE_ENDS = re.compile(rf"[.!?](?=\s)|{_BREAK}")
SENTENCES = re.compile(rf"(?<=[.!?])\s+|{_BREAK}")
