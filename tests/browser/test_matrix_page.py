"""The page of `winipsec matrix` in a real browser: `make browser`."""

import pytest
from webdriver import browser
from winipsec.cli.matrix_page import page
from winipsec.model.endpoint import parse_address, parse_endpoint
from winipsec.model.filters import TCP, Filter, FilterList, port
from winipsec.model.methods import Esp, SecurityMethod
from winipsec.model.policies import FilterAction, Policy, Rule
from winipsec.model.store import Store
from winipsec.traffic.facts import HostFacts, State
from winipsec.traffic.matrix import Asked, Station, matrix

HOSTILE = '<b onclick="steal()">db1</b> & co\u202e'
SERVICES = (Asked(1), Asked(TCP, 80), Asked(TCP, 445))
ENCRYPT = FilterAction("secure", security_methods=(SecurityMethod(esp=Esp("3des", "sha1")),), guid="a")
BLOCK = FilterAction("block", action="block", guid="a")
LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3 level AA

CONTRAST = """
const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
const rgba = (text) => {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data].map((v, i) => i === 3 ? v / 255 : v);
};
const over = (top, below) => below.map((v, i) => i === 3 ? 1 : top[i] * top[3] + v * (1 - top[3]));
const ground = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
};
const light = (color) => {
  const [r, g, b] = color.slice(0, 3).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  if (element.closest("svg, script, style") || !element.checkVisibility()) continue;
  if (![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  const below = ground(element), ink = over(rgba(getComputedStyle(element).color), below);
  const [dark, bright] = [light(ink), light(below)].sort((a, b) => a - b);
  found.push([(bright + .05) / (dark + .05), element.textContent.trim().slice(0, 40)]);
}
return found;
"""


def station(name, address, action=None, side="any", number=0):
    """A host with one mirrored rule for TCP or all traffic, or without a policy."""
    host = HostFacts(frozenset({parse_address(address)}))
    if action is None:
        return Station(name, State(Store()), host)
    item = Filter(parse_endpoint(side), parse_endpoint("me"))
    if number:
        item = Filter(parse_endpoint(side), parse_endpoint("me"), TCP, destination_ports=port(number))
    store = Store(
        policies={"p": Policy("P", guid="p")},
        rules={"r": Rule("r", "p", "l", "a", guid="r")},
        filter_lists={"l": FilterList("l", (item,), guid="l")},
        filter_actions={"a": action},
        active="p",
    )
    return Station(name, State(store), host)


STATIONS = (
    station("web1", "10.0.0.5", BLOCK, number=445),
    station("app1", "10.0.0.6", ENCRYPT, "10.0.0.7"),
    station(HOSTILE, "10.0.0.7", ENCRYPT, "10.0.0.6"),
)


@pytest.fixture(scope="module")
def window():
    """A browser for this module."""
    with browser() as window:
        yield window


@pytest.fixture
def shown(window, tmp_path):
    """The page, just opened, in a window of the usual size and in light colours."""
    path = tmp_path / "matrix.html"
    path.write_text(page(STATIONS, SERVICES, matrix(STATIONS, SERVICES), ["web1: a remark"]), encoding="utf-8")
    window.size(1280, 1000)
    window.scheme("light")
    window.open(path)
    return window


def panels(window):
    """The headings of the panels that can be seen."""
    return window.run(
        "return [...document.querySelectorAll('.panel')].filter(p => p.checkVisibility()).map(p => p.querySelector('h2').textContent)"
    )


def active(window):
    """What the focused cell says."""
    return window.run("return document.activeElement.getAttribute('aria-label')")


def test_the_page_needs_nothing_else(shown):
    """No request, no complaint, and a policy that would forbid both."""
    assert shown.run("return performance.getEntriesByType('resource').length") == 0
    assert shown.complaints() == []


def test_one_panel_at_a_time_chosen_by_keyboard(shown):
    """Tab reaches the services, arrows walk them; no script is needed for that."""
    assert panels(shown) == ["all services"]
    shown.press("tab", "right", "right")
    assert panels(shown) == ["tcp/80"]


def test_the_panels_work_without_scripts(shown):
    """Where scripts are forbidden, choosing still works."""
    shown.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        shown.devtools("Page.reload")
        shown.press("tab", "right", "right", "right")
    finally:
        shown.devtools("Emulation.setScriptExecutionDisabled", value=False)
    assert panels(shown) == ["tcp/445"]


def test_arrow_keys_walk_the_table(shown):
    """They skip the diagonal, stop at the edge, and the focused cell is told in full."""
    shown.press("tab", "right", "right", "right", "tab")
    assert active(shown) == "web1 to app1. tcp/445: clear."
    shown.press("down", "down")
    assert active(shown).startswith("<b onclick=")
    shown.press("left", "left", "up")
    assert active(shown) == "app1 to web1. tcp/445: no: web1, rule 'r': blocked."
    assert shown.run("return document.querySelector('#panel-3 .detail').textContent") == active(shown)


def test_the_map_and_the_table_point_at_each_other(shown):
    """The arrow of a focused cell stands out, and an arrow under the mouse marks its cell."""
    shown.press("tab", "right", "right", "right", "tab")
    on = "return [...document.querySelectorAll('#panel-3 .on')].map(e => e.classList.contains('link') + e.dataset.pair)"
    assert shown.run(on) == ["true0-1", "false0-1"]
    x, y = shown.run(
        "document.activeElement.blur(); const path = document.querySelector('#panel-3 .link[data-pair=\"1-2\"] .hit');"
        "const at = path.getPointAtLength(path.getTotalLength() / 2).matrixTransform(path.getScreenCTM());"
        "return [at.x, at.y]"
    )
    shown.point(x, y)
    assert shown.run(on) == ["true1-2", "false1-2"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(scheme, shown):
    """Contrast of all text in every panel, in both colour schemes (WCAG 2.2, 1.4.3)."""
    shown.scheme(scheme)
    for number in range(len(SERVICES) + 1):
        shown.run(f"document.querySelector('#choice-{number}').click()")
        found = shown.run(CONTRAST)
        assert len(found) > 20
        assert [item for item in found if item[0] < LEAST_CONTRAST] == []


def test_dark_is_dark(shown):
    """The page follows the reader's preference."""
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = shown.run(colour)
    shown.scheme("dark")
    assert shown.run(colour) != light


@pytest.mark.parametrize("width", [360, 800, 1920])
def test_no_window_is_too_narrow(width, shown):
    """The table scrolls in itself; the page never does sideways."""
    shown.size(width, 800)
    assert shown.run("return document.documentElement.scrollWidth") <= width


def test_names_of_hosts_are_no_markup(shown):
    """A hostile name is shown as it is; what turns the line is made visible."""
    assert shown.run("return document.querySelectorAll('b[onclick]').length") == 0
    text = shown.run("return document.querySelector('#panel-0 tbody tr:last-child th').textContent")
    assert text == '<b onclick="steal()">db1</b> & co\\u202e'


def test_everything_has_a_name_for_who_cannot_see_it(shown):
    """The accessibility tree: maps, tables, cells and choices are named, and nothing that can be focused is not."""
    nodes = shown.devtools("Accessibility.getFullAXTree")["nodes"]
    named = {}
    for node in nodes:
        if not node.get("ignored"):
            role = node["role"]["value"]
            named.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    assert named["image"] == ["Who can talk to whom: all services"]
    assert named["table"][0].startswith("Who can talk to whom: all services")
    assert named["radio"] == ["all services", "icmp", "tcp/80", "tcp/445"]
    assert len(named["button"]) == len(STATIONS) * (len(STATIONS) - 1)
    assert all(named["button"])
    assert "Legend" in named["list"]


def test_a_single_service_needs_no_choice(window, tmp_path):
    """One panel, at once."""
    path = tmp_path / "one.html"
    path.write_text(page(STATIONS, SERVICES[:1], matrix(STATIONS, SERVICES[:1]), []), encoding="utf-8")
    window.open(path)
    assert panels(window) == ["icmp"]
