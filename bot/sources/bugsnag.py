"""BugSnag: errors, by its webhook integration.
https://docs.bugsnag.com/product/integrations/webhook · Nothing is signed, so the secret comes in
the URL. A change made by hand says what to (``stateChange``); the innermost frame comes first."""

from bot.sources.table import Table

SOURCE = Table(
    NAME="bugsnag",
    SECRET_IN_URL=True,
    state="trigger.stateChange || trigger.type",
    open=(
        *("firstexception", "exception", "powerten", "reopened", "open"),
        *("erroreventfrequency", "projectspiking"),
    ),
    over=("fixed",),
    key="error.errorId || error.url || project.[id, name]",
    event="error.id",
    title="error.[exceptionClass, message] || project.['Errors spike', name]",
    body="error.[message, context]",
    url="[error.url, project.url]",
    when="error.receivedAt",
    level="error.severity",
    environment="error.releaseStage || error.app.releaseStage",
    release="error.app.version",
    people="error.users",
    fingerprint="error.groupingHash",
    frames="error.stackTrace[::-1].{path: file, function: method, line: lineNumber,"
    " in_app: inProject}",
    tags="{project: project.name, context: error.context}",
)
