"""Reports in other languages, and scripts without spaces."""

from __future__ import annotations

import pytest
from test_clustering_engine import feed, new_engine, report
from test_telling_apart import others

from bot.domain.text import fingerprint, in_english


@pytest.mark.parametrize(
    ("said", "english"),
    [
        ("Die App stürzt beim Öffnen der Rechnung ab", "crash"),
        ("Nach dem Update ist die Liste leer", "list"),
        ("No se puede exportar la tabla", "cannot export"),
        ("L’exportation ne fonctionne pas avec Firefox", "not working"),
        ("登录后页面空白", "log in"),
        ("アプリが落ちる", "crash"),
    ],
)
def test_what_the_glossary_knows_is_english(said: str, english: str) -> None:
    assert english in in_english(said)


@pytest.mark.parametrize(
    "said",
    [
        "The export of the list fails after the update",
        "Die is cast: export fails",  # one foreign word makes no German
        "",
        "KeyError: 'SPRING10'",
        "Файл не открывается",  # a language it does not know
    ],
)
def test_all_else_stays_as_it_is(said: str) -> None:
    assert in_english(said) == said


def test_names_and_numbers_stay() -> None:
    told = in_english("Bei der Bestellung 4711 kommt der Fehler E-17 in apply_coupon")
    assert {"4711", "E-17", "apply_coupon"} <= set(told.split())


def test_a_report_finds_its_like_in_another_language() -> None:
    pair = [
        report(4, "Table export drops the last row", "The file has one row less each time."),
        report(
            5,
            "Beim Exportieren fehlt die letzte Zeile",
            "Die Tabelle hat nach dem Export immer eine Zeile weniger.",
            source="manual",
        ),
    ]
    assert feed(new_engine(), [*others(), *pair])[5].candidates[0].item == 4


def test_the_same_words_without_spaces_are_a_repeat() -> None:
    said = "导出表格时最后一行丢失"
    assert fingerprint(said, "") == fingerprint(said, "") != ""
    assert fingerprint("好", "") == ""
