"""Every job there is, by who does it. Asking for one is ``enqueue(ctx, jobs.obey, project, id)``. A
job is an ``async def`` that takes the context and ids; what it writes is harmless when written
twice, for it may be run again at any time. A new one is its function and a line here."""

from bot.jobs import ROSTER, Job

hear_alert = Job("workers.hearing.alerts:hear_alert")
hear_github = Job("workers.hearing.github.deliveries:hear_github")
hear_slack = Job("workers.hearing.slack:hear_slack", lane="people")
draw_home = Job("workers.hearing.home:draw_home", lane="people")
# Each hears a delivery of the inbox, whose row is its id.
HEARERS = frozenset({hear_alert.name, hear_github.name, hear_slack.name})

sync_installation = Job("workers.intake.sync:sync_installation", timeout=300)
quiet_checks = Job("workers.intake.sync:quiet_checks")
sync_all = Job("workers.intake.sync:sync_all", timeout=300)
ask_again = Job("workers.intake.deliveries:ask_again", timeout=300)
read_issue = Job("workers.intake.issues:read_issue")
read_issues = Job("workers.intake.issues:read_issues", lane="history", timeout=300)

read_import = Job("workers.intake.imports:read_import", lane="history", timeout=6 * 3600)
take_back = Job("workers.clusters.taking_back:take_back", lane="history", timeout=3600)

poll_reddit = Job("workers.intake.polls:poll_reddit", timeout=300)

obey = Job("workers.commands.obey:obey", lane="people", timeout=300)
finish = Job("workers.commands.obey:finish", lane="people")
withdraw_refusal = Job("workers.commands.obey:withdraw_refusal")

judge_items = Job("workers.clusters.judge:judge_items", timeout=900)
follow_duplicate = Job("workers.clusters.duplicates:follow_duplicate")
cluster_items = Job("workers.clusters.placing:cluster_items", timeout=600)
reembed_items = Job("workers.clusters.reembed:reembed_items", timeout=900)
recluster = Job("workers.clusters.recluster:recluster", lane="history", timeout=6 * 3600)
refresh_cluster = Job("workers.clusters.refresh:refresh_cluster")
tell_issues = Job("workers.clusters.labels:tell_issues")
ask_missing = Job("workers.clusters.missing:ask_missing")
suggest_on_issue = Job("workers.clusters.suggestions:suggest_on_issue")
write_summaries = Job("workers.clusters.summarize:write_summaries", timeout=900)

get_to_know = Job("workers.memory.know:get_to_know", timeout=120)
draw_facts = Job("workers.memory.know:draw_facts", lane="history", timeout=2_100)

hear_review = Job("workers.fixes.revise:hear_review", lane="people")
revise = Job("workers.fixes.revise:revise", lane="fixes", timeout=6 * 3600, tries=5)
try_agent = Job("workers.fixes.own_agents:try_agent", timeout=300)
wake_agents = Job("workers.hearing.triggers:wake_agents")
fix_run = Job("workers.fixes.run:fix_run", lane="fixes", timeout=6 * 3600, tries=5)
show_waiting = Job("workers.fixes.steps.telling:show_waiting")
look_at_pull = Job("workers.fixes.watch:look_at_pull")
follow_pull = Job("workers.fixes.watch:follow_pull")
hear_release = Job("workers.fixes.watch:hear_release", timeout=300)
judge_watch = Job("workers.fixes.watch:judge_watch")
tell_watch = Job("workers.fixes.watch:tell_watch")

send_digest = Job("workers.digests.posting:send_digest", timeout=120)
send_scheduled = Job("workers.digests.posting:send_scheduled", timeout=120)
follow_problem = Job("workers.digests.following:follow_problem", timeout=120)
say_held = Job("workers.digests.notices:say_held", timeout=120)
try_ways = Job("workers.digests.choosing:try_ways", lane="history", timeout=3600, tries=3)
look_back = Job("workers.digests.choosing:look_back", lane="history", timeout=3600, tries=3)
keep_digest_true = Job("workers.digests.posting:keep_digest_true", timeout=120)
check_file = Job("workers.digests.onboarding:check_file")
check_pull = Job("workers.digests.onboarding:check_pull")
hide_cards = Job("workers.digests.notices:hide_cards", timeout=3600)
offer_to_act = Job("workers.digests.onboarding:offer_to_act", timeout=120)
settle_channel = Job("workers.clusters.channels:settle_channel")
leave_channels = Job("workers.clusters.channels:leave_channels")
tell_refused = Job("workers.digests.notices:tell_refused", timeout=120)
refresh_tracking_issue = Job("workers.digests.posting:refresh_tracking_issue", timeout=120)

reap_commands = Job("workers.upkeep.sweep:reap_commands", timeout=120)
forget_old = Job("workers.upkeep.sweep:forget_old", timeout=120)
erase_removed = Job("workers.upkeep.erase:erase_removed", timeout=300)
listen_to_door = Job("workers.upkeep.alarms:listen_to_door", timeout=120)
look_at_app = Job("workers.upkeep.alarms:look_at_app", timeout=120)
let_unread_go = Job("workers.upkeep.sweep:let_unread_go", timeout=120)


def load() -> None:
    """Import what does them, before a worker listens."""
    for job in ROSTER.values():
        _ = job.function
