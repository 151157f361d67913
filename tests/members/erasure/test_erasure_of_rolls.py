"""The erasure of a member deletes what rolls hold of them."""

from sqlalchemy import text

from tests.members.import_requests import apply, check, found, imported, lines, one
from tests.members.roll_files import person, roll
from tests.members.service import Running


async def test_what_is_erased_is_gone_from_rolls_too(members: Running) -> None:
    staged = await check(members, roll([person("V1", given_name="Ermintrude"), person("V1", given_name="Ermintrude")]))
    await apply(members, staged["import_id"])
    member = await one(members, "V1")
    assert (await members.http.delete(f"/members/{member['member_id']}")).status_code == 204
    assert await lines(members, f"/imports/{staged['import_id']}/rejected.csv") == []
    assert members.application.database is not None
    async with members.application.database.transaction() as session:
        for table in ("import_people", "import_rejections", "history", "members"):
            left = await session.execute(text(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%Ermintrude%'"))
            assert left.scalar_one() == 0
    await apply(members, staged["import_id"])
    assert await found(members, "V1") == []


async def test_a_rejected_row_goes_with_the_erased_however_it_was_written(members: Running) -> None:
    ann, bo = person("W1", mobile="07400 200301", email="w1@b.example"), person("W2", email="w2@b.example")
    await imported(members, ann, bo)
    columns = ("membership_number", "given_name", "family_name", "branch", "mobile", "email")
    head = ",".join(columns)
    rows = [
        " W1 ,Zebedee,Lee,atlantis,,",
        "Zebedee,W1,leeds",
        ",Zebedee,Lee,leeds,+44 7400 200301,",
        ",Zebedee,Lee,leeds,,W1@b.example",
        "W2,Florence,Lee,atlantis,,w1@b.example",
        "W3,Dougal,Lee,atlantis,,",
    ]
    staged = await check(members, "\n".join([head, *rows, ""]).encode())
    assert staged["rejected"] == len(rows)
    member = await one(members, "W1")
    assert (await members.http.delete(f"/members/{member['member_id']}")).status_code == 204
    left = await lines(members, f"/imports/{staged['import_id']}/rejected.csv")
    assert [name for name in ("Zebedee", "Florence", "Dougal") if name in str(left)] == ["Florence", "Dougal"]
