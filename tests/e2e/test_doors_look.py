"""The pages before anybody is signed in stay as narrow as what stands on them, however wide the screen."""

import pytest

from gateway.helpdesk.alerts import alert_answers
from tests.support.desk_rig import HER

pytestmark = pytest.mark.browser
NARROW = 440


@pytest.mark.fault("Q32")
@pytest.mark.parametrize(
    ("width", "language"),
    [(1280, "lo"), *(pytest.param(*each, marks=pytest.mark.slow) for each in [(1280, "th"), (360, "lo")])],
)
def test_a_door_is_narrow_and_in_the_middle(parts, line, opened, width, language):
    wanted, noy = line.requested(HER, when="now"), line.person("Noy")
    with parts.store.write() as tx:
        link = "/t/" + alert_answers.make_link(parts, tx, noy.person_id, wanted).rpartition("/")[2]
    page = opened(width=width, language=language)
    for address in ("/sign-in", link):
        page.goto(address)
        box = page.locator("main button.primary").bounding_box()
        assert box["width"] <= NARROW, address
        assert abs(box["x"] + box["width"] / 2 - width / 2) < 2, address
