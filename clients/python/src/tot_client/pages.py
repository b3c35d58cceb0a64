"""Lists, item by item."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any


# A page is a typed dictionary with `items` and `next`; which one, the generated method's own type tells.
def each(page: Callable[[str | None], Any]) -> Iterator[Any]:
    """Every item of every page; the next page is asked for when the one before is used up."""
    cursor: str | None = None
    while True:
        found = page(cursor)
        yield from found["items"]
        cursor = found.get("next")
        if cursor is None:
            return


async def each_async(page: Callable[[str | None], Awaitable[Any]]) -> AsyncIterator[Any]:
    """As `each`."""
    cursor: str | None = None
    while True:
        found = await page(cursor)
        for item in found["items"]:
            yield item
        cursor = found.get("next")
        if cursor is None:
            return
