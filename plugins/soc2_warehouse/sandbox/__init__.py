"""The sandbox company: servers that speak the providers' APIs, seeded, with a settable clock."""
