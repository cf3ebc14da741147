"""Use case: the picture that one site sends now, or the content, in its own size."""

import av
import numpy as np
from PIL import Image

from control_api.services.keeper import Keeper
from control_api.services.wanted import Wanted
from mcu_core.contract.commands import StillTaken, TakeStill
from mcu_core.errors import McuError, NotFound

MATRICES = {"bt709": 1, "bt601": 5}
"""libswscale's numbers of them (SWS_CS_*)."""


async def taken(
    wanted: Wanted, keeper: Keeper, conference: str, site: str, content: bool
) -> StillTaken:
    """Ask the engine; `site` empty: the content that is shown.

    Raises NotFound, Refused where there is no picture, or McuError where the engine is away.
    """
    carried = wanted[conference]
    if site and all(defined.id != site for defined in carried.definition.sites):
        raise NotFound("site", site)
    answer = await keeper.fleet.call(carried.engine, TakeStill(conference, site, content))
    if not isinstance(answer, StillTaken):
        raise McuError("the engine gave no picture")
    return answer


def image_of(still: StillTaken) -> Image.Image:
    """The picture as a viewer sees it: in RGB, upright, with square pixels."""
    frame = av.VideoFrame(still.width, still.height, "yuv420p")
    half = ((still.width + 1) // 2, (still.height + 1) // 2)
    sizes = ((still.width, still.height), half, half)
    for plane, data, size in zip(frame.planes, (still.y, still.u, still.v), sizes, strict=True):
        rows = np.zeros((size[1], plane.line_size), np.uint8)
        rows[:, : size[0]] = np.frombuffer(data, np.uint8).reshape(size[1], size[0])
        plane.update(rows)  # type: ignore[arg-type] # any buffer will do
    made = frame.reformat(
        format="rgb24",
        src_colorspace=MATRICES[still.matrix],
        src_color_range="JPEG" if still.full_range else "MPEG",
        dst_color_range="JPEG",
    )
    image = Image.fromarray(made.to_ndarray(), "RGB")
    across, down = still.pixel_aspect
    if across != down:
        image = image.resize((round(image.width * across / down), image.height))
    return image.rotate(-still.rotation, expand=True) if still.rotation else image
