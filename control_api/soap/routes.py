"""The door of the SOAP gateway: its services, their descriptions, and the schema files."""

from fastapi import APIRouter, Request, Response

from control_api.soap import contract
from control_api.soap.envelope import Version
from control_api.soap.faults import SoapFault
from control_api.soap.gateway import Asked, Gateway, Said
from control_api.soap.sessions import set_cookie

router = APIRouter(include_in_schema=False)

TAKEN = {"", "text/xml", "application/soap+xml", "application/xml"}


def _gateway(request: Request) -> Gateway:
    gateway = request.app.state.gateway
    assert isinstance(gateway, Gateway)
    return gateway


async def _post(request: Request) -> Response:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    gateway = _gateway(request)
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if media_type not in TAKEN or encoding != "identity":
        refusal = SoapFault("Client", "text/xml or application/soap+xml is expected, not encoded")
        return _response(request, gateway.refusal(Version.V11, refusal))
    said = await gateway.answer(
        Asked(
            await request.body(),
            request.headers.get("cookie", ""),
            media_type,
            request.client.host if request.client is not None else "",
        )
    )
    return _response(request, said)


def _response(request: Request, said: Said) -> Response:
    headers = {"Content-Type": f"{said.media_type}; charset=utf-8"}
    if said.session:
        headers["Set-Cookie"] = set_cookie(said.session, request.url.scheme == "https")
    return Response(said.data, said.status, headers)


async def _get(request: Request) -> Response:
    origin = str(request.base_url).rstrip("/")
    if any(name.lower() == "wsdl" for name in request.query_params):
        data = contract.wsdl(request.scope["path"], origin)
        return Response(data, media_type="text/xml; charset=utf-8")
    return Response("a SOAP service; its description: ?wsdl\n", media_type="text/plain")


async def _schema(name: str) -> Response:
    try:
        data = contract.schema_file(name)
    except KeyError:
        return Response("no such schema\n", 404, media_type="text/plain")
    return Response(data, media_type="text/xml; charset=utf-8")


for _path in contract.SERVICES:
    router.add_api_route(_path, _post, methods=["POST"], response_class=Response)
    router.add_api_route(_path, _get, methods=["GET"], response_class=Response)
for _folder in sorted({path.rpartition("/")[0] for path in contract.SERVICES}):
    router.add_api_route(_folder + "/xsd/{name}", _schema, methods=["GET"], response_class=Response)
