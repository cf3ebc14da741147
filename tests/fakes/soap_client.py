"""A caller of the SOAP gateway as a hospital's system is one: zeep, from the served description."""

from types import TracebackType
from typing import Any

import requests
import zeep
from zeep.transports import Transport

from control_api.auth.digests import digest, inner_hash

PATHS = {
    "common": ("/services/common", "/esdk/services/tpCommon"),
    "confMgr": ("/services/confMgr", "/esdk/services/tpProfessionalConfMgr"),
    "confCtrl": ("/services/confCtrl", "/esdk/services/tpProfessionalConfCtrl"),
    "siteMgr": ("/services/siteMgr", "/esdk/services/tpProfessionalSiteMgr"),
    "mcuMgr": ("/services/mcuMgr", "/esdk/services/tpProfessionalMCUMgr"),
    "orgaMgr": ("/services/orgaMgr", "/esdk/services/tpProfessionalOrgaMgr"),
}


class SoapCaller:
    """One session in one dialect and one version of SOAP; `ask` calls an operation by its name."""

    def __init__(self, url: str, vendor: bool = False, version: str = "soap") -> None:
        self.url = url
        self._vendor = vendor
        self._version = version
        self.http = requests.Session()
        # The server ends idle connections after five seconds: none is used twice.
        self.http.headers["Connection"] = "close"
        self._services: dict[str, Any] = {}
        self._homes: dict[str, str] = {}
        for name, paths in PATHS.items():
            client = zeep.Client(
                f"{url}{paths[vendor]}?wsdl", transport=Transport(session=self.http, timeout=30)
            )
            service = next(iter(client.wsdl.services.values()))
            port = next(port for port in service.ports if port.endswith(f"_{version}"))
            self._services[name] = client.bind(service.name, port)
            for operation in service.ports[port].binding.all():
                self._homes[operation] = name

    def __enter__(self) -> "SoapCaller":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.http.close()

    @property
    def operations(self) -> set[str]:
        """All that the descriptions name."""
        return set(self._homes)

    def log_in(self, user: str, password: str) -> int:
        """Both steps; the result code of the second."""
        begun = self.raw("LoginRequest", userName=user, clientType="API")
        secret = digest(inner_hash(password), begun.randomSequence)
        answer = self.raw("Authenticate", encryptPassword=secret)
        return int(answer if isinstance(answer, int) else answer.resultCode)

    def raw(self, name: str, **fields: Any) -> Any:
        """An operation by the name that stands in the description."""
        return getattr(self._services[self._homes[name]], name)(**fields)

    def ask(self, name: str, **fields: Any) -> Any:
        """An operation by the standard's name; an answer of a code alone is that number."""
        return self.raw(f"{name}Ex" if self._vendor else name, **fields)
