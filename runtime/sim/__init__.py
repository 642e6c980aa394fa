"""The WhatsApp Cloud API on this machine: `simulator` joins the parts, `app` puts them behind HTTP.

    world     who there is               graph    what a business asks      inbound   what users send
    statuses  what becomes of a message  wire     webhooks on their way     faults    what goes wrong, by rule
    ledger    what was delivered and taken how often, and the conversation as it went
"""
