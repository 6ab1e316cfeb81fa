"""Cuts a font down to what the window shows. Called by subset.sh; needs fonttools.

egui shapes text with every default feature of a font on, and offers no switch for the others. So the
two wishes about digits and ligatures are answered here, in the font:

* the digits' characters point at their tabular forms, where the font has them, so that a column of
  numbers lines up and a changing number does not push its neighbours;
* of the layout features only kerning and the placing of marks stay, so that `->` and `!=` in an address
  or a call are never drawn as one sign.
"""

import sys

from fontTools import subset
from fontTools.ttLib import TTFont

FEATURES = ["kern", "mark", "mkmk", "ccmp"]

CHARACTERS = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00FF),  # Latin-1: includes × and ±
    (0x0100, 0x017F),  # Latin Extended-A
    (0x0218, 0x021B),  # Romanian's commas below
    (0x02C6, 0x02DD),  # spacing accents
    (0x0300, 0x0304),  # combining accents, for names that are not composed
    (0x0306, 0x030C),
    (0x0327, 0x0328),
    (0x0370, 0x03FF),  # Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x0490, 0x0491),
    (0x2000, 0x200A),  # spaces: U+2009 parts thousands
    (0x2010, 0x2027),  # dashes, quotes, bullet, ellipsis
    (0x202F, 0x202F),
    (0x2030, 0x203A),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x2190, 0x2199),  # arrows
    (0x21D2, 0x21D2),
    (0x2212, 0x2212),  # true minus
    (0x221E, 0x221E),
    (0x2248, 0x2248),
    (0x2260, 0x2260),
    (0x2264, 0x2265),
]


def tabular(font):
    """Points the digits at what the font's own `tnum` feature would put in their place."""
    gsub = font["GSUB"].table
    lookups = {
        index
        for record in gsub.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    forms = {}
    for index in lookups:
        for table in gsub.LookupList.Lookup[index].SubTable:
            table = getattr(table, "ExtSubTable", table)
            forms.update(getattr(table, "mapping", {}))
    for table in font["cmap"].tables:
        if table.isUnicode():
            for digit in range(ord("0"), ord("9") + 1):
                name = table.cmap.get(digit)
                if name in forms:
                    table.cmap[digit] = forms[name]


def widths(font):
    """The digits' glyphs by their width."""
    found = {}
    for digit in range(ord("0"), ord("9") + 1):
        glyph = font.getBestCmap()[digit]
        found.setdefault(font["hmtx"][glyph][0], []).append(glyph)
    return found


def level(font):
    """Gives all digits the width that most have: Inter SemiBold's 4 is a thousandth of an em short."""
    found = widths(font)
    common = max(found, key=lambda width: len(found[width]))
    for glyphs in found.values():
        for glyph in glyphs:
            _, left = font["hmtx"][glyph]
            font["hmtx"][glyph] = (common, left)


def main(source, target):
    font = TTFont(source)
    tabular(font)

    options = subset.Options()
    options.layout_features = FEATURES
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.notdef_outline = True
    options.glyph_names = False
    # epaint draws with its own light hinting; the fonts' own instructions would only weigh.
    options.hinting = False
    options.desubroutinize = False

    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for low, high in CHARACTERS for c in range(low, high + 1)])
    subsetter.subset(font)
    level(font)
    # No time of day in the file: the same sources must give the same bytes.
    font.recalcTimestamp = False
    font.save(target)

    if len(widths(TTFont(target)).values()) != 1:
        sys.exit(f"{target}: the digits are not of one width")


main(*sys.argv[1:])
