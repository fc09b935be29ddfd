"""Where the parts of a page lie: boxes measured in the browser, and the laws they keep at any width. No tests here.

Belongs here: measuring, laws of boxes. Does not belong here: which pages, colours and words (axe looks at those).
"""

from typing import Any, Literal

from playwright.sync_api import Page

MEASURE = """() => {
    const clips = (style) => style.overflowX !== "visible" || style.overflowY !== "visible";
    const seen = (element) => {
        let { left, top, right, bottom } = element.getBoundingClientRect();
        for (let at = element.parentElement; at !== null && at !== document.body; at = at.parentElement) {
            if (!clips(getComputedStyle(at))) continue;
            const box = at.getBoundingClientRect();
            [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
            [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
        }
        return { left, top: top + scrollY, right, bottom: bottom + scrollY };
    };
    const named = (element) => {
        const label = element.getAttribute("aria-label") ?? element.textContent.trim().slice(0, 30);
        return `${element.tagName.toLowerCase()}.${element.className} "${label}"`;
    };
    const all = (selector) => [...document.querySelectorAll(selector)].filter((each) =>
        each.checkVisibility() && each.closest(".hidden, .skip, .scrubber, canvas, .u-wrap, svg") === null);
    const boxes = (selector) => all(selector).map((each) => ({
        name: named(each), ...seen(each),
        cut: each.matches("button") && each.scrollWidth > each.clientWidth + 1,
    })).filter((box) => box.right - box.left > 1 && box.bottom - box.top > 1);
    scrollTo(0, 0);
    return {
        width: innerWidth,
        scrolled: document.scrollingElement.scrollWidth,
        landmarks: boxes("header.topbar, main"),
        panels: boxes("main .panel, main .card"),
        controls: boxes("header a, header button, main a, main button, main input, main select, main summary"),
    };
}"""
TOUCH = 2.0
"""Pixels by which boxes may reach into each other: borders and rounding."""


def measured(page: Page) -> dict[str, Any]:
    """Boxes of landmarks, panels and controls as far as they are seen: pixels of the page from its upper left."""
    found: dict[str, Any] = page.evaluate(MEASURE)
    return found


def faults(told: dict[str, Any]) -> list[str]:
    """Which laws the boxes break."""
    width = told["width"]
    bar, main = told["landmarks"] if len(told["landmarks"]) == 2 else (None, None)
    found = [] if told["scrolled"] <= width + 1 else [f"the page is {told['scrolled']} wide"]
    if bar is None or main is None:
        return [*found, "the bar or the content is missing"]
    if bar["left"] or bar["top"] or bar["right"] < width - 20 or main["top"] < bar["bottom"] - TOUCH:
        found.append("the bar does not lie on top, over the whole width, with the content below it")
    for each in (*told["panels"], *told["controls"]):
        if each["left"] < -TOUCH or each["right"] > width + TOUCH:
            found.append(f"outside of the screen: {each['name']}")
        if each["cut"]:
            found.append(f"its words are cut: {each['name']}")
    return [*found, *overlaps(told["panels"]), *overlaps(told["controls"])]


def overlaps(boxes: list[dict[str, Any]]) -> list[str]:
    """Pairs that lie over each other, though neither holds the other."""
    return [
        f"over each other: {one['name']} and {other['name']}"
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if not is_within(one, other) and not is_within(other, one) and reach(one, other) > TOUCH
    ]


def reach(one: dict[str, Any], other: dict[str, Any]) -> float:
    """How far two boxes reach into each other, in the direction in which it is least."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    down = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return float(min(across, down))


def is_within(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(
        one["left"] >= other["left"] - TOUCH
        and one["right"] <= other["right"] + TOUCH
        and one["top"] >= other["top"] - TOUCH
        and one["bottom"] <= other["bottom"] + TOUCH
    )


def places(told: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Where the panels lie across the page, to compare two themes: what is below may have grown meanwhile."""
    return [
        (each["name"].partition('"')[0], round(each["left"]), round(each["right"])) for each in told["panels"]
    ]


SIZES = ((390, 844), (820, 1180), (1920, 1080))
"""A phone, a tablet and a wide screen."""
THEMES: tuple[Literal["dark"], Literal["light"]] = ("dark", "light")


def laid_out(page: Page) -> list[str]:
    """What is wrong with the boxes of the page that is open, at each size, and between its two themes."""
    found: list[str] = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for _ in range(30):  # something may come in between
            dark, light = in_both_themes(page)
            if places(dark) == places(light):
                break
        found += [f"{width}: {fault}" for told in (dark, light) for fault in faults(told)]
        if places(dark) != places(light):
            found.append(f"{width}: dark {places(dark)}, light {places(light)}")
    return found


def in_both_themes(page: Page) -> list[dict[str, Any]]:
    told = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        told.append(measured(page))
    return told
