"""The shop's stock and till, as the bot sees them; parcels and returns are the carrier's, over HTTP."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from runtime.actions import Refused

RANGES = [{"id": "cups", "name": "Cups and mugs"}, {"id": "plates", "name": "Plates and bowls"},
          {"id": "vases", "name": "Vases"}]
_GLAZES = ["Ash", "Celadon", "Chalk", "Cobalt", "Indigo", "Iron", "Moss", "Ochre", "Salt", "Sand", "Slate", "Tenmoku"]


def _piece(range_id: str, number: int, glaze: str) -> dict[str, Any]:
    base = {"cups": ("cup", 14), "plates": ("plate", 22), "vases": ("vase", 48)}[range_id]
    return {"id": f"{range_id}-{number}", "name": f"{glaze} {base[0]}", "about": "Stoneware, thrown by hand",
            "price": str(base[1] + number % 4), "image": f"https://shop.example/{range_id}-{number}.jpg",
            "stock": 3 + number}


PRODUCTS = {piece["id"]: piece for range_id, many in (("cups", 12), ("plates", 9), ("vases", 4))
            for number, glaze in enumerate(_GLAZES[:many], start=1) for piece in [_piece(range_id, number, glaze)]}


async def ranges() -> list[dict[str, str]]:
    """What the shop sells, in the order of its shelves."""
    return RANGES


async def products(range: str) -> list[dict[str, Any]]:
    """The pieces of a range that are in stock."""
    return [piece for piece in PRODUCTS.values() if piece["id"].startswith(range) and piece["stock"] > 0]


async def add(cart: dict[str, Any] | None, product: str, count: int) -> dict[str, Any]:
    """The cart with `count` more of a product; the same product stands in one line."""
    piece = PRODUCTS[product]
    lines = [line for line in (cart or {}).get("lines", []) if line["id"] != product]
    held = sum(line["count"] for line in (cart or {}).get("lines", []) if line["id"] == product)
    if held + count > piece["stock"]:
        raise Refused("sold_out")
    lines.append({"id": product, "name": piece["name"], "price": piece["price"], "count": held + count})
    return {"lines": lines, "total": str(sum(int(line["price"]) * line["count"] for line in lines))}


async def order(cart: dict[str, Any], name: str, address: str) -> dict[str, Any]:
    """Sell what is in the cart."""
    for line in cart["lines"]:
        if line["count"] > PRODUCTS[line["id"]]["stock"]:
            raise Refused("sold_out")
    number = int(hashlib.sha256(f"{name}{address}{cart}".encode()).hexdigest()[:8], 16) % 90_000 + 10_000
    return {"id": f"C{number}", "total": cart["total"], "at": datetime.now(UTC).isoformat(timespec="seconds")}
