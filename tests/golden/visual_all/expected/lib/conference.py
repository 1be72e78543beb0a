"""What is known of a guest."""


def context(user_id: str, event_id: int) -> dict[str, str]:
    """Where somebody is seated."""
    return {"seat": f"{event_id}-{user_id}"}
