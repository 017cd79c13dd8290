"""What the adapters of OpenAI's wire share: a client, and what its errors mean.

Many servers speak it, https://platform.openai.com/docs/api-reference, and few of them all of it."""

from contextlib import nullcontext

from typing_extensions import override

from bot.adapters.hosted import Hosted, trusted
from bot.domain.errors import Rejected, Unavailable, UpstreamError
from bot.domain.ports import Guard
from bot.domain.secrets import redact
from bot.retrying import retry_after

ADDRESS = "https://api.openai.com/v1"


class OpenAIWire(Hosted):
    """The SDK's client; ``service`` is whose server it is."""

    def __init__(
        self,
        *,
        service: str,
        api_key: str,
        base_url: str,
        timeout: float,
        guard: Guard = nullcontext,
        patience: float = 120,
    ) -> None:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient

        super().__init__(service, timeout=timeout, guard=guard, patience=patience)
        # What is left alone is read from the environment, which is read in one place only.
        self.client: AsyncOpenAI = AsyncOpenAI(
            api_key=api_key or "none",  # servers of one's own ask for none
            organization="",
            project="",
            admin_api_key="",
            webhook_secret="",
            base_url=base_url or ADDRESS,
            max_retries=0,
            timeout=timeout,
            http_client=DefaultAsyncHttpxClient(verify=trusted()),
        )
        self.client.organization = self.client.project = None

    async def close(self) -> None:
        """Release connections."""
        await self.client.close()

    @override
    def _meaning(self, error: Exception) -> UpstreamError | None:
        """https://platform.openai.com/docs/guides/error-codes"""
        import openai

        if isinstance(error, openai.APIConnectionError):
            return self._unreachable(error)
        if not isinstance(error, openai.APIStatusError):
            is_of_it = isinstance(error, openai.OpenAIError)
            return self.unreadable() if is_of_it else None
        status = error.status_code
        if error.code == "insufficient_quota":  # told as a 429, and no wait helps
            return Rejected(f"{self.service} has no credit left for this key.", status=402)
        if status in (408, 409, 429) or status >= 500:
            wait = retry_after(error.response.headers)
            return Unavailable(f"{self.service} answered {status}; try again.", retry_after=wait)
        body = error.body if isinstance(error.body, dict) else {}
        said = redact(str(body.get("message") or error.message))
        return Rejected(f"{self.service} refused ({status}): {said}"[:300], status=status)
