"""One campaign for the whole folder, during which every service was stopped twice."""

from collections.abc import AsyncIterator

import pytest

from tests.e2e.campaigning import told
from tests.e2e.places import own_stack
from tests.e2e.stopping import Stopper, Survived, settings

_MEMBERS = 400


@pytest.fixture(scope="package")
async def survived(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Survived]:
    """What came of it; everything is running again."""
    given = settings()
    async with own_stack(tmp_path_factory.mktemp("stopped"), given) as stack:
        stopper = Stopper(stack, given)
        async with told(stack, _MEMBERS, stopper.stop_each) as done:
            yield Survived(done, stopper.stops, stopper.texted)
