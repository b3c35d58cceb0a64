"""What every Python driver needs: the sandbox's addresses and its control surface."""

import json
import os
import urllib.request

API = os.environ["SANDBOX_API"]
CONTROL = os.environ["SANDBOX_CONTROL"]
SHOP = (os.environ["SANDBOX_SHOP_ID"], os.environ["SANDBOX_SHOP_SECRET"])
GATEWAY = (os.environ["SANDBOX_GATEWAY_ID"], os.environ["SANDBOX_GATEWAY_SECRET"])
TERMINAL = (os.environ["SANDBOX_TERMINAL_KEY"], os.environ["SANDBOX_TERMINAL_PASSWORD"])


def control(path, body=None, method=None):
    """Asks the control surface (GET without a body, POST with one)."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        CONTROL + path, data=data, method=method, headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def pay(**whose):
    """The payer pays."""
    return control("/pay", whose)


def notices(event):
    """The bodies of the notifications of that name, oldest first."""
    return [notice["body"] for notice in control("/webhooks") if notice["event"] == event]


def equal(got, expected, what):
    """Fails by name."""
    if got != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {got!r}")


def fails(call, kind, what):
    """The call must raise this kind of error, which is answered."""
    try:
        got = call()
    except kind as fault:
        return fault
    raise AssertionError(f"{what}: expected {kind.__name__}, got {got!r}")


RECEIPT = {
    "customer": {"email": "patient@example.com"},
    "items": [
        {
            "description": "House call",
            "quantity": 1,
            "amount": {"value": "1000.00", "currency": "RUB"},
            "vat_code": 1,
            "payment_subject": "service",
            "payment_mode": "full_prepayment",
        }
    ],
}


def rub(value):
    """A sum."""
    return {"value": value, "currency": "RUB"}


def wish(value, **more):
    """A card payment with a redirect."""
    return {
        "amount": rub(value),
        "payment_method_data": {"type": "bank_card"},
        "confirmation": {"type": "redirect", "return_url": "https://clinic.example/back"},
        "description": "House call",
        "metadata": {"payment_id": "ours-1"},
        **more,
    }
