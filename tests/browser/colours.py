"""The style sheet's colours: what stands on what, and how well it is seen.

    sheet = colours.read(css)
    colours.contrast(sheet["dark"]["ink"], sheet["dark"]["paper"])   21.0 at most
"""

import re

PROPERTY = re.compile(r"--([a-z-]+): (#[0-9a-f]{3}|#[0-9a-f]{6});")
ROOT = re.compile(r":root \{([^}]*)\}")


def read(css):
    """The custom properties that are colours, of each theme."""
    light, dark = [dict(PROPERTY.findall(body))
                   for body in ROOT.findall(css)[:2]]
    return {"light": light, "dark": {**light, **dark}}


def luminance(colour):
    """WCAG 2.2, relative luminance."""
    digits = colour[1:]
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    parts = [int(digits[i:i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else
              ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    dark, light = sorted([luminance(one), luminance(other)])
    return (light + 0.05) / (dark + 0.05)
