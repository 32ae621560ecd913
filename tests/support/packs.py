"""What stands in a pack, by its format (lib/cache/pack.h).

    packs.shown(path) == packs.shown(other)     # whatever the runs kept aside
"""

import struct

MAGIC = b"marquee pack 1\n\0"
FOOTER = struct.Struct("<QQQ16s")
SLOT = struct.Struct("<QQ")
RECORD = struct.Struct("<HHI" + 3 * "QQ16s")
IS_FILE, IS_ASIDE = 1, 2


def record_at(pack, at):
    """Name, flags, and what a visitor may be given: media type and bodies."""
    name_bytes, type_bytes, flags, *codings = RECORD.unpack_from(pack, at)
    at += RECORD.size
    name = pack[at:at + name_bytes].decode()
    media_type = pack[at + name_bytes:at + name_bytes + type_bytes].decode()
    bodies = [(tag, None if flags & IS_FILE else pack[offset:offset + length])
              for offset, length, tag in zip(*[iter(codings)] * 3)]
    return name, flags, (media_type, bodies)


def shown(path):
    """name -> media type and bodies, for each coding its tag too. Without what
    is kept aside for the next run, which may lack it."""
    with open(path, "rb") as file:
        pack = file.read()
    slots_at, slots, records, magic = FOOTER.unpack(pack[-FOOTER.size:])
    if not pack.startswith(MAGIC) or magic != MAGIC:
        raise ValueError(path + " is no pack")
    found = [record_at(pack, at) for _, at in SLOT.iter_unpack(
        pack[slots_at:slots_at + slots * SLOT.size]) if at]
    if len(found) != records:
        raise ValueError("%s has %d records for %d" % (path, len(found),
                                                       records))
    return {name: what for name, flags, what in found if not flags & IS_ASIDE}
