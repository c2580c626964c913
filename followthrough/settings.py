"""Settings of one installation, read from the environment (``FOLLOWTHROUGH_*``) and ``.env``.

What the organisation decides, rather than its operators, is in the organisation file instead.
"""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from followthrough.domain.answered.access.identity import PersonField
from followthrough.domain.replayed.times import Duration, duration
from followthrough.logs import LogFormat
from followthrough.secret_files import FromFile, SecretFiles

SHORTEST_TOKEN, SHORTEST_LINK_SECRET = 8, 16
"""Characters."""


def too_short(secret: str, shortest: int) -> str | None:
    """What is wrong with a secret that is guessed too easily; None for a good one."""
    length = len(secret.strip())
    if length == 0:
        return "it is empty; write the secret, or remove the setting"
    if length < shortest:
        return f"it has {length} characters and needs at least {shortest}; make one with `openssl rand -hex 32`"
    return None


def _at_least(shortest: int) -> Callable[[SecretStr], SecretStr]:
    def check(secret: SecretStr) -> SecretStr:
        if wrong := too_short(secret.get_secret_value(), shortest):
            raise ValueError(wrong)
        return secret

    return check


def _listed(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.lstrip().startswith("["):
        return [part.strip() for part in value.split(",")]
    try:
        return json.loads(value)
    except ValueError:
        raise ValueError('it is no JSON list; write it like ["one", "two"], or with commas between') from None


def _payload_key(secret: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", secret.get_secret_value().strip()):
        raise ValueError("a key is 64 hexadecimal digits; make one with `openssl rand -hex 32`")
    return secret


def _host(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9._-]+|\[[0-9a-f:]+\]", name.lower()):
        raise ValueError(f"{name!r} is no host name; write it without https:// and without a port")
    return name.lower().strip("[]")


def _host_and_port(written: str) -> str:
    if written and not re.fullmatch(r"([0-9.]+|\[[0-9a-f:]+\]):[0-9]{1,5}", written):
        raise ValueError(f"{written!r} is no address to listen on; write it like 127.0.0.1:9464")
    return written


def _deployment(written: str) -> str:
    if "." in written or ":" in written or written.startswith("__"):
        raise ValueError(f"{written!r} is no name that Temporal takes; write one like followthrough, without . and :")
    return written


def _address(written: str) -> str:
    try:
        parts = urlsplit(written)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if written and not fits:
        raise ValueError(f"{written!r} is no address; write it like https://followthrough.example.com")
    return written


def _origin(written: str) -> str:
    parts = urlsplit(_address(written))
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{written!r} has more than a host; write it like https://temporal.example.com")
    return f"{parts.scheme}://{parts.netloc}".lower() if written else ""


def _issuer(written: str) -> str:
    parts = urlsplit(_address(written))
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError(f"{written!r} is not encrypted, so anybody on the way could sign in; write it with https://")
    return written


def _claim(written: str) -> str:
    claim, _, field = written.rpartition("=")
    if written != "email" and not (re.fullmatch(r"[^=\s]+", claim) and field in list(PersonField)):
        raise ValueError(
            f"{written!r} maps no claim; write email, or like preferred_username=key: a claim, and one of "
            f"{', '.join(PersonField)} of people in the organisation file"
        )
    return written


def _verification_key(written: str) -> str:
    if not written:
        return written
    from sendgrid.helpers.eventwebhook import EventWebhook  # most commands need none

    try:
        EventWebhook(written)
    except ValueError:
        raise ValueError("it is no public key; copy the verification key of the event webhook in SendGrid") from None
    return written


Address = Annotated[str, AfterValidator(_address)]
Origin = Annotated[str, AfterValidator(_origin)]
Issuer = Annotated[str, AfterValidator(_issuer)]
Claim = Annotated[str, AfterValidator(_claim)]
Given = Annotated[SecretStr, AfterValidator(_at_least(1))]
"""A secret that a vendor makes."""
Token = Annotated[SecretStr, AfterValidator(_at_least(SHORTEST_TOKEN))]
LinkSecret = Annotated[SecretStr, AfterValidator(_at_least(SHORTEST_LINK_SECRET))]
Tokens = Annotated[tuple[Token, ...], NoDecode, BeforeValidator(_listed)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, BeforeValidator(_listed)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_listed)]
Limit = Annotated[float, Field(gt=0)]
PayloadKeys = Annotated[
    tuple[Annotated[SecretStr, AfterValidator(_payload_key)], ...], NoDecode, BeforeValidator(_listed)
]
LinkSecrets = Annotated[tuple[LinkSecret, ...], NoDecode, BeforeValidator(_listed)]


class Settings(BaseSettings):
    """Every default works on a fresh machine: embedded engine, SQLite, local tracker, local outbox, loopback."""

    model_config = SettingsConfigDict(env_prefix="FOLLOWTHROUGH_", env_file=".env", extra="ignore")

    organisation_file: Path = Path("followthrough.yaml")
    data_dir: Path = Field(Path(".data"), description="Engine and SQLite files; kept between runs")
    database_url: Annotated[str, FromFile()] = Field("", description="SQLAlchemy URL; empty means SQLite in data_dir")
    migrate: bool = Field(True, description="Whether a start migrates the database, or `followthrough migrate` alone")

    temporal_address: str = Field(
        "", validation_alias="TEMPORAL_ADDRESS", description="Empty means the embedded engine"
    )
    engine_from: str = Field(
        "", description="Where a release's files are, address or folder, for the embedded engine's first start"
    )
    temporal_namespace: str = Field("default", validation_alias="TEMPORAL_NAMESPACE")
    temporal_api_key: Given | None = Field(
        None, validation_alias="TEMPORAL_API_KEY", description="Of Temporal Cloud; goes over TLS alone"
    )

    deployment_name: Annotated[str, AfterValidator(_deployment)] = Field(
        "", description="What Temporal calls these workers where versions run beside each other; empty: they do not"
    )
    build_id: str = Field("", description="Of this version of them; empty means the product's version and its digest")

    payload_keys: PayloadKeys = Field(
        (), description="Encrypt what Temporal keeps: the first one encrypts, all decrypt; without one nothing is"
    )
    temporal_ui: Origin = Field("", description="Where Temporal's UI is, whose pages may have payloads decrypted")

    metrics_address: Annotated[str, AfterValidator(_host_and_port)] = Field(
        "", description="Where Prometheus reads /metrics of this process; empty means nowhere"
    )
    traces_url: Address = Field(
        "", description="Where traces go, by OTLP over HTTP, like http://collector:4318/v1/traces; empty means nowhere"
    )
    log_format: LogFormat = Field(LogFormat.LINES, description="json: objects with ids, without names and texts")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    public_url: Address = Field("", description="Where links in mails lead; empty means http://host:port")
    hosts: Hosts = Field((), description="Further host names that lead here, for pagers inside a cluster")
    request_within: Duration = Field(
        timedelta(minutes=1), description="How long a client may take to send a request, or to take an answer"
    )
    api_token: Token | None = Field(
        None, description="One token for all, which acts for anybody; `followthrough token create` makes better ones"
    )

    oidc_issuer: Issuer = Field("", description="OpenID Connect provider where people sign in")
    oidc_client_id: str = Field("", validate_default=True, description="What the provider calls this service")
    oidc_client_secret: Given | None = Field(None, description="Not for a public client, which PKCE is enough for")
    oidc_claim: Claim = Field("email", description="Which claim says who somebody is; email has to be verified")
    session_idle: Duration = Field(timedelta(hours=12), description="Who asks for nothing so long signs in again")
    session_lasts: Duration = Field(timedelta(days=7), description="After this everybody signs in again")

    generic_token: Token | None = Field(None, description="Bearer token of /webhooks/generic")
    alertmanager_token: Token | None = Field(None, description="Bearer token of /webhooks/alertmanager, when set")
    pagerduty_secrets: Tokens = Field((), description="Signing secrets, all accepted, for rotation")

    pagerduty_routing_key: Given | None = Field(
        None, description="Of an Events API v2 integration: roles that nobody acknowledges also page there"
    )
    pagerduty_events_url: Address = Field(
        "https://events.pagerduty.com", description="In PagerDuty's European region https://events.eu.pagerduty.com"
    )

    webhook_networks: Networks = Field(
        (), description="Private networks that webhooks may go to, like 10.20.0.0/16; 127.0.0.0/8 lets http:// go there"
    )

    scim_token: Token | None = Field(None, description="Bearer token of /scim/v2, which is off without it")

    jira_url: Address = Field("", description="Empty means the local tracker")
    jira_user: str = Field("", description="E-mail on Jira Cloud; empty for a Data Center token")
    jira_token: Given | None = None
    jira_cloud: bool | None = Field(None, description="Empty means Cloud where jira_url ends in atlassian.net")
    jira_webhook_secrets: Tokens = Field((), description="Secrets of /webhooks/jira, all accepted, for rotation")
    jira_index_lag: Annotated[timedelta, BeforeValidator(duration)] = Field(
        timedelta(seconds=30),
        ge=timedelta(0),
        description="How long Jira's search may miss a new ticket; waited for after a failure",
    )

    confluence_space: str = Field("", description="Key of the space for postmortems; empty means none goes there")
    confluence_parent: str = Field("", description="Id of the page there that they stand below; empty means the top")
    confluence_url: Address = Field("", description="Confluence Cloud; empty means jira_url, whose account is used")

    tickets_per_second: Limit = Field(
        20, description="Calls to write or read a ticket that all workers together begin; each asks Jira 1 to 6 times"
    )

    sendgrid_api_key: Given | None = Field(None, description="Without it mails stay in the local outbox")
    sendgrid_host: Address = "https://api.sendgrid.com"
    sendgrid_webhook_key: Annotated[str, AfterValidator(_verification_key)] = Field(
        "", description="SendGrid's verification key of /webhooks/sendgrid"
    )
    mails_per_second: Limit = Field(
        20, description="Notices that all workers together begin to send; a mailbox takes a flood for spam"
    )
    mail_from: str = "Followthrough <followthrough@example.com>"
    link_secret: LinkSecret | None = Field(None, description="Signs links in mails; without it one is made in data_dir")
    previous_link_secrets: LinkSecrets = Field((), description="Their links still work, for rotation")

    @field_validator("oidc_client_id")
    @classmethod
    def _known_to_the_provider(cls, client_id: str, info: ValidationInfo) -> str:
        if info.data.get("oidc_issuer") and not client_id:
            raise ValueError("it is empty; write the client id that the provider has for this service")
        return client_id

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Secrets may come from files as well."""
        named = (one for one in (env_settings, dotenv_settings) if isinstance(one, EnvSettingsSource))
        return init_settings, env_settings, dotenv_settings, SecretFiles(settings_cls, *named)

    @cached_property
    def resolved_database_url(self) -> str:
        """``database_url``, or SQLite in ``data_dir``."""
        return self.database_url or f"sqlite:///{self.data_dir / 'followthrough.db'}"

    @property
    def engine_file(self) -> Path:
        """The embedded engine's database."""
        return self.data_dir / "temporal.db"

    @property
    def jira_is_cloud(self) -> bool:
        """Whether Jira is the Cloud one, else Data Center."""
        if self.jira_cloud is not None:
            return self.jira_cloud
        return (urlsplit(self.jira_url).hostname or "").endswith("atlassian.net")

    @property
    def resolved_confluence_url(self) -> str:
        """Where postmortems are published; empty means nowhere."""
        return (self.confluence_url or self.jira_url).rstrip("/") if self.confluence_space else ""

    @property
    def resolved_public_url(self) -> str:
        """``public_url`` without a trailing slash, or the address the service listens on."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"
