"""A plan as a card."""

from __future__ import annotations

from bot.domain.card import Action, Bullets, Card, Code, Line, Said, Section
from bot.domain.plan import Cited, Plan
from bot.domain.views.cluster import ClusterView


def plan_card(view: ClusterView, plan: Plan) -> Card:
    """Symptom, evidence with its items, suspects, approach, tests, risks."""
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
        ("You said", [(Said(words),) for words in plan.steering]),
    ]
    sections = []
    for title, lines in parts:
        said = tuple(line for line in lines if line is not None)
        if said:
            sections.append(Section(title=title, blocks=(Bullets(lines=said),)))
    name = view.cluster.name
    return Card(
        key=f"plan:{name}",
        title=("Plan ", f"v{plan.version} for ", *view.title),
        sections=tuple(sections),
        actions=(Action(label="Fix", sentence=f"fix {name}", style="primary"),),
        footer=(f"Written by: {plan.author}. {view.hidden} private reports are not quoted.",)
        if view.hidden
        else (f"Written by: {plan.author}.",),
    )
