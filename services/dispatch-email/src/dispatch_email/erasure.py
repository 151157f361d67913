"""What `muster erasure sweep` is told of dispatch-email: beside a dispatcher's tables, what members wrote."""

from dataclasses import replace

from dispatch.erasure.residue import RESIDUE as EVERY_DISPATCHERS

RESIDUE = replace(
    EVERY_DISPATCHERS,
    tables=(*EVERY_DISPATCHERS.tables, "mail_from_members"),
    left={
        **EVERY_DISPATCHERS.left,
        "mail_from_members": "SELECT count(*) FROM mail_from_members JOIN gone USING (member_id)",
    },
)
