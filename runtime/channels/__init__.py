"""Roads to the user: `port`, then `envelope` (what WhatsApp tells us) and `whatsapp` (what we tell it)."""
