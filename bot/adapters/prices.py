"""What models cost, as the ``genai-prices`` package lists them: US dollars, standard tier.
https://github.com/pydantic/genai-prices · Reduced prices count for as long as they are in force."""

from typing import Any

from bot.domain.metering import Usage


def dollars(provider: str, model: str, used: Usage, *, address: str = "") -> float | None:
    """What a call costs; None where nobody has written the price down. ``provider`` is the
    package's name of whose wire it is. Another ``address`` that it knows has prices of its own; one
    that it does not know stands for the provider."""
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    counted = Counted(
        input_tokens=used.prompt,
        output_tokens=used.output,
        cache_read_tokens=min(used.cached, used.prompt),
    )
    places: list[dict[str, Any]] = [{"provider_api_url": address}] if address else []
    for where in (*places, {"provider_id": provider}):
        try:
            return float(calc_price(counted, model.removeprefix("models/"), **where).total_price)
        except LookupError:
            continue
    return None
