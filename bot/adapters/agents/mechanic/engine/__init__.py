"""The engine of ``mechanic``: runs inside the sandbox, from one zip file, without our packages.

**Invariants.** Standard library only, Python 3.8 and newer; in the zip this package is called
``mechanic_engine``. The checkout is written to once, with a repair that its own commands have
confirmed, and is otherwise left exactly as it was.

The way of a repair: ``commands`` reads what must turn green, ``pool`` runs tests in private
copies of the checkout through warm fork servers (``serve``, ``runners``), ``localise`` ranks the
lines, ``edits`` proposes changes to the text, ``search`` tries them, ``choose`` picks one,
``verify`` confirms it with the real commands.
"""
