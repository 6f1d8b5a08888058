"""The roles as a table written by hand: whoever changes a permission changes this file too."""

import pytest

from gateway.domain.permissions import ROLES, Actor, NotPermitted, Permission, Role, check_permission

TABLE = """
                        counsellor supervisor administrator reader translator
queue:work              yes        yes        no            no     no
callback:see-others     no         yes        no            no     no
callback:take-over      no         yes        no            no     no
number:reveal-any       no         yes        no            no     no
call:outside-window     no         yes        no            no     no
callback:see-closed     no         yes        no            no     no
callback:decide         no         yes        no            no     no
people:duty             no         yes        yes           no     no
rules:set               no         yes        yes           no     no
people:manage           no         no         yes           no     no
channels:manage         no         no         yes           no     no
menus:draft             no         no         yes           no     no
menus:approve           no         yes        no            no     no
menus:publish           no         no         yes           no     no
figures:see             no         yes        yes           yes     no
export                  no         yes        no            no     no
audit:see               no         yes        no            no     no
outbox:settle           no         yes        no            no     no
texts:write             no         no         no            no     yes
texts:review            no         yes        yes           no     yes
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELLS = [
    (row[0], role, cell == "yes") for row in ROWS[1:] for role, cell in zip(ROWS[0], row[1:], strict=True)
]


@pytest.mark.parametrize(("permission", "role", "may"), CELLS)
def test_every_cell_of_the_table(permission: str, role: str, may: bool) -> None:
    actor = Actor.of(person_id="p", name="Somebody", role=Role(role))
    assert actor.may(Permission(permission)) is may
    if may:
        check_permission(actor, Permission(permission))
    else:
        with pytest.raises(NotPermitted):
            check_permission(actor, Permission(permission))


def test_no_permission_is_missing_in_the_table_and_none_is_for_nobody() -> None:
    known = {row[0] for row in ROWS[1:]}
    assert known <= set(Permission)
    for permission in set(Permission) - known:
        assert any(permission in held for held in ROLES.values()), f"{permission} is held by nobody"


def test_no_role_holds_all_that_another_holds_but_readers_figures() -> None:
    for one in Role:
        for other in set(Role) - {one, Role.READER}:
            if {one, other} != {Role.COUNSELLOR, Role.SUPERVISOR}:
                assert not ROLES[other] <= ROLES[one]


def test_an_actor_made_without_permissions_may_nothing() -> None:
    nobody = Actor(person_id="p", name="Somebody", role=Role.SUPERVISOR)
    assert not any(nobody.may(permission) for permission in Permission)


def test_a_refusal_names_the_role_and_the_permission_and_nobody() -> None:
    reader = Actor.of(person_id="p", name="Somebody", role=Role.READER)
    with pytest.raises(NotPermitted, match="reader may not: people:manage") as refused:
        check_permission(reader, Permission.MANAGE_PEOPLE)
    assert "Somebody" not in str(refused.value)
