"""Services as the settings have them."""

from control_api.persistence.hooks import HookRows
from control_api.services.alarms import Limits
from control_api.services.feed import Feed
from control_api.services.hook_target import read_networks, read_targets
from control_api.services.mail import Mail, read_server
from control_api.services.webhooks import Webhooks
from control_api.settings import Settings
from mcu_core.errors import BadInput


def limits_of(settings: Settings) -> Limits:
    """From where on there is an alarm."""
    return Limits(
        settings.alarm_cpu,
        settings.alarm_memory,
        settings.alarm_disk,
        settings.alarm_loss,
        settings.alarm_after_s,
    )


def webhooks_of(settings: Settings, rows: HookRows, feed: Feed) -> Webhooks:
    """Raises BadInput for addresses that cannot be, or without a secret."""
    targets = read_targets(
        settings.webhooks, ("https", "http") if settings.webhook_http else ("https",)
    )
    if targets and not settings.webhook_secret:
        raise BadInput("webhook_secret", "what receivers know the sender by")
    names = {name.strip() for name in settings.webhook_events.split(",")}
    networks = read_networks(settings.webhook_networks)
    return Webhooks(rows, feed, targets, networks, settings.webhook_secret, names)


def mail_of(settings: Settings) -> Mail:
    """Raises BadInput for a server or a sender that cannot be."""
    server = read_server(settings.mail_server)
    return Mail(server, settings.mail_from, settings.mail_link, settings.zone)
