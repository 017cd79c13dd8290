"""A plan as a card."""

from bot.domain.audience import combined
from bot.domain.cards.card import Action, Bullets, Card, Code, Fact, Line, Said, Section
from bot.domain.cards.views.cluster import ClusterView, count
from bot.domain.fixes.plan import EXTRACTIVE, Cited, Plan


def plan_card(view: ClusterView, plan: Plan, stands: Plan | None = None) -> Card:
    """Symptom, evidence with its items, suspects, approach, tests, risks. ``stands`` is the
    approved plan that a fix would go by now, perhaps an earlier version."""
    shown = {item.number for item in view.shown}

    def cited(sentence: Cited) -> Line | None:
        if sentence.items and not set(sentence.items) <= shown:
            return None
        names = " ".join(f"I-{n}" for n in sentence.items)
        return (Said(sentence.text), " ", Code(names)) if names else (Said(sentence.text),)

    parts: list[tuple[str, list[Line | None]]] = [
        ("Symptom", [cited(plan.symptom)]),
        ("Evidence", [cited(sentence) for sentence in plan.evidence]),
        ("Suspected files", [(Code(path),) for path in plan.suspects]),
        ("Approach", [(Said(words),) for words in plan.approach]),
        ("Tests", [(Said(words),) for words in plan.tests]),
        ("Risks", [(Said(words),) for words in plan.risks]),
        ("Known from before", [(Said(words),) for words in plan.known]),
        ("Read of the project's files", [(Said(words),) for words in plan.files]),
        ("Added by people", [(Said(words),) for words in plan.steering]),
    ]
    sections = []
    for title, lines in parts:
        said = tuple(line for line in lines if line is not None)
        if said:
            sections.append(Section(Bullets(*said), title=title))
    name = view.cluster.name
    step = view.first_step
    actions = [] if step.sentence.startswith("plan ") else [step]
    if not plan.approved_by:
        actions.append(Action("Approve", f"plan {name} --approve={plan.name}"))
    footer = f"Written by: {plan.author}."
    if plan.author.startswith(EXTRACTIVE):
        footer = f"Put together from the reports' own words{plan.author.removeprefix(EXTRACTIVE)}."
    if view.hidden:
        footer += f" Not quoted: {count(view.hidden, 'private report')}."
    return Card(
        key=f"plan:{name}",
        audience=combined(view.readers, plan.audience),
        title=("Plan ", f"v{plan.version} for ", *view.title),
        facts=_approval(plan, stands),
        sections=tuple(sections),
        actions=tuple(actions),
        footer=(footer,),
    )


def _approval(plan: Plan, stands: Plan | None) -> tuple[Fact, ...]:
    """Who approved what, and what a fix would go by."""
    if plan.approved_by and plan.approved_at:
        when = f"{plan.approved_at:%d %b %H:%M} UTC"
        return (Fact("Approved", "by ", Code(plan.approved_by), f", {when}"),)
    if stands is None:
        return ()
    told = f", until {plan.name} is approved or somebody says otherwise"
    who = Code(stands.approved_by)
    return (Fact("Plan in use", f"{stands.name}, approved by ", who, told),)
