"""What Soulcaster does: one ``async def job(ctx, *ids)`` a pipeline step.

**Invariant:** a job run twice does no harm; its arguments are ids, never objects."""
